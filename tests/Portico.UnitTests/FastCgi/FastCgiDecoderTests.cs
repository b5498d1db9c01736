using System.Text;
using Portico.Http.FastCgi;
using Portico.Http.Http1;
using Portico.TestKit.Backends;
using Xunit;

namespace Portico.UnitTests.FastCgi;

public class FastCgiDecoderTests
{
    [Fact]
    public void Output_is_taken_out_of_its_records()
    {
        var bytes = new FastCgiBytes().Output("Status: 200\r\n", padding: 3).Output("\r\nhello").Output("").End();
        Assert.Equal((ParseStatus.Done, "Status: 200\r\n\r\nhello", ""), Decode(bytes.ToArray()));
    }

    [Fact]
    public void What_is_said_on_standard_error_is_kept_apart()
    {
        var bytes = new FastCgiBytes().Error("PHP Warning: ").Output("a").Error("x\n").Output("b").End();
        Assert.Equal((ParseStatus.Done, "ab", "PHP Warning: x"), Decode(bytes.ToArray()));
    }

    [Fact]
    public void Of_standard_error_a_kilobyte_is_kept()
    {
        var bytes = new FastCgiBytes().Error(new string('x', 700)).Error(new string('y', 700)).End();
        Assert.Equal(new string('x', 700) + new string('y', 324), Decode(bytes.ToArray()).Errors);
    }

    [Fact]
    public void Records_of_no_request_are_skipped()
    {
        var bytes = new FastCgiBytes().Record(11, "unknown!"u8, request: 0).Record(10, [], padding: 5, request: 0).Output("a").End();
        Assert.Equal((ParseStatus.Done, "a", ""), Decode(bytes.ToArray()));
    }

    [Fact]
    public void However_the_bytes_are_cut_the_outcome_is_the_same()
    {
        var bytes = new FastCgiBytes().Output("ab", padding: 2).Error("e").Record(9, "abc"u8, request: 0).Output("cdef", padding: 255).Output("").End().ToArray();
        var whole = Decode(bytes);
        Assert.Equal((ParseStatus.Done, "abcdef", "e"), whole);
        for (var first = 0; first < bytes.Length; first++)
        {
            Assert.Equal(whole, Decode(bytes, first));
        }

        Assert.Equal(whole, Decode(bytes, [.. Enumerable.Range(1, bytes.Length - 1)]));
    }

    [Fact]
    public void Without_the_last_byte_it_is_not_over()
    {
        var bytes = new FastCgiBytes().Output("a").End().ToArray();
        Assert.Equal(ParseStatus.NeedMore, Decode(bytes[..^1]).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_end_that_says_that_nothing_was_served_is_refused(byte status) =>
        Assert.Equal(ParseStatus.Invalid, Decode(new FastCgiBytes().End(status).ToArray()).Status);

    public static TheoryData<string, byte[]> NoRecords => new()
    {
        { "HTTP", "H"u8.ToArray() },
        { "another version", new FastCgiBytes().Record(6, "a"u8, version: 2).ToArray() },
        { "another request", new FastCgiBytes().Record(6, "a"u8, request: 2).ToArray() },
        { "a record that we send", new FastCgiBytes().Record(5, "a"u8).ToArray() },
        { "an unknown type", new FastCgiBytes().Record(12, "a"u8).ToArray() },
        { "a short end", new FastCgiBytes().Record(3, "1234567"u8).ToArray() },
        { "a long end", new FastCgiBytes().Record(3, "123456789"u8).ToArray() },
    };

    [Theory]
    [MemberData(nameof(NoRecords))]
    public void What_is_no_answer_to_our_request_is_refused(string what, byte[] bytes) => Assert.True(Decode(bytes).Status == ParseStatus.Invalid, what);

    private static (ParseStatus Status, string Output, string Errors) Decode(byte[] bytes, params int[] cuts)
    {
        var decoder = new FastCgiDecoder();
        var output = new StringBuilder();
        var status = ParseStatus.NeedMore;
        var start = 0;
        foreach (var end in cuts.Append(bytes.Length))
        {
            var piece = bytes[start..end];
            status = decoder.Decode(piece, out var produced);
            output.Append(Encoding.Latin1.GetString(piece, 0, produced));
            start = end;
            if (status == ParseStatus.Invalid)
            {
                break;
            }
        }

        return (status, output.ToString(), decoder.ErrorText);
    }
}
