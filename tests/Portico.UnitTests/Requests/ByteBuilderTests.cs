using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Requests;

public class ByteBuilderTests
{
    private readonly ByteBuilder _builder = new();

    private string Text => TestRequest.Ascii(_builder.Written);

    [Fact]
    public void Pieces_of_every_kind_follow_each_other()
    {
        _builder.Append("a"u8);
        _builder.Append((byte)'b');
        _builder.AppendDecimal(-12);
        _builder.AppendDecimal(7, 3);
        _builder.AppendHex(0xAF);
        _builder.Append("é");
        Assert.Equal("ab-12007AF\u00c3\u00a9", Text);
    }

    [Theory]
    [InlineData(0, "0.000")]
    [InlineData(4, "0.004")]
    [InlineData(1234, "1.234")]
    [InlineData(60000, "60.000")]
    public void Milliseconds_are_printed_as_seconds(long milliseconds, string text)
    {
        _builder.AppendSeconds(milliseconds);
        Assert.Equal(text, Text);
    }

    [Fact]
    public void It_grows_to_any_size()
    {
        var piece = new byte[1000];
        for (var i = 0; i < 100; i++)
        {
            _builder.Append(piece);
        }

        Assert.Equal(100_000, _builder.Length);
    }

    [Fact]
    public void A_value_can_be_cut_and_changed_in_place()
    {
        _builder.Append("host.test."u8);
        _builder.Truncate(9);
        _builder.WrittenFrom(4)[0] = (byte)'-';
        Assert.Equal("host-test", Text);
    }

    [Fact]
    public void It_can_take_in_a_copy_of_itself()
    {
        _builder.Append(new byte[100]);
        _builder.Append(_builder.Written);
        Assert.Equal(200, _builder.Length);
    }
}
