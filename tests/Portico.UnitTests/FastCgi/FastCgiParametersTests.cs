using System.Buffers.Binary;
using System.Text;
using Portico.Http.FastCgi;
using Portico.Http.Http1;
using Portico.Net;
using Xunit;

namespace Portico.UnitTests.FastCgi;

public class FastCgiParametersTests
{
    private readonly FastCgiParameters _parameters = new();

    [Fact]
    public void A_parameter_is_its_lengths_its_name_and_its_value()
    {
        _parameters.Set("NAME"u8, "value"u8);
        Assert.Equal("\x1\x4\0\x1\0\xB\0\0\x4\x5NAMEvalue\x1\x4\0\x1\0\0\0\0", Written());
    }

    [Fact]
    public void From_128_bytes_on_a_length_takes_four()
    {
        _parameters.Set("A"u8, new byte[127]);
        _parameters.Set("B"u8, new byte[128]);
        var stream = Stream();
        Assert.Equal(2 + 1 + 127 + 5 + 1 + 128, stream.Length);
        Assert.Equal([0x01, 0x80, 0, 0, 0x80, (byte)'B'], stream[130..136]);
    }

    [Fact]
    public void Headers_get_the_names_of_CGI_and_those_of_one_name_are_joined()
    {
        _parameters.AddHeader("X-Some-Thing"u8, "1"u8);
        _parameters.AddHeader("x-some-thing"u8, "2"u8);
        _parameters.AddHeader("cookie"u8, "a=1"u8);
        _parameters.AddHeader("Cookie"u8, "b=2"u8);
        Assert.Equal("\x11\x4HTTP_X_SOME_THING1, 2\xB\x8HTTP_COOKIEa=1; b=2", Encoding.Latin1.GetString(Stream()));
    }

    [Fact]
    public void What_is_set_again_takes_the_place_of_what_was()
    {
        _parameters.AddHeader("X-A"u8, "client"u8);
        _parameters.Set("HTTP_X_A"u8, "route"u8);
        Assert.Equal("\x8\x5HTTP_X_Aroute", Encoding.Latin1.GetString(Stream()));
    }

    [Fact]
    public void Nothing_is_left_of_the_request_before()
    {
        _parameters.Set("A"u8, "1"u8);
        _parameters.Clear();
        Assert.Equal("\x1\x4\0\x1\0\0\0\0", Written());
    }

    [Fact]
    public void More_than_a_record_holds_is_cut_into_several()
    {
        _parameters.Set("A"u8, Encoding.ASCII.GetBytes(new string('a', 100_000)));
        _parameters.Set("B"u8, Encoding.ASCII.GetBytes(new string('b', 70_000)));
        Assert.Equal(100_000 + 6 + 70_000 + 6, Stream().Length);
    }

    private string Written() => Encoding.Latin1.GetString(Bytes());

    private byte[] Bytes()
    {
        var output = default(OutputBuffer);
        output.Open(new BufferPool());
        _parameters.WriteTo(ref output);
        return output.Written.ToArray();
    }

    /// <summary>The contents of the records put together; the last one must be empty, and no other.</summary>
    private byte[] Stream()
    {
        var bytes = Bytes();
        var stream = new MemoryStream();
        var at = 0;
        while (true)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 4));
            Assert.Equal(4, bytes[at + 1]);
            at += 8;
            if (length == 0)
            {
                Assert.Equal(bytes.Length, at);
                return stream.ToArray();
            }

            stream.Write(bytes, at, length);
            at += length;
        }
    }
}
