using System.Text;
using Portico.Http.Http1;
using Portico.Net;
using Xunit;

namespace Portico.UnitTests.Http;

public class OutputBufferTests
{
    private readonly BufferPool _pool = new();
    private OutputBuffer _output;

    [Fact]
    public void It_holds_no_buffer_before_it_is_opened_and_after_it_is_closed()
    {
        Assert.Equal(0, _output.Room);
        _output.Close();
        _output.Open(_pool);
        Assert.Equal(BufferPool.MediumSize, _pool.RentedBytes);
        _output.Append("x"u8);
        _output.Close();
        Assert.Equal(0, _output.Count);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Opening_twice_keeps_what_is_there()
    {
        _output.Open(_pool);
        _output.Append("ab"u8);
        _output.Open(_pool);
        _output.Append("c"u8);
        Assert.Equal("abc", Text());
    }

    [Fact]
    public void Names_values_and_numbers_come_out_as_text()
    {
        _output.Open(_pool);
        _output.AppendHeader("Name"u8, "value"u8);
        _output.AppendHeader("Empty"u8, default);
        _output.AppendDecimal(0);
        _output.AppendDecimal(long.MaxValue);
        _output.AppendDecimal(long.MinValue);
        _output.AppendHex(0);
        _output.AppendHex(0xABCDEF);
        _output.AppendHex(long.MaxValue);
        Assert.Equal("Name: value\r\nEmpty: \r\n09223372036854775807-92233720368547758080abcdef7fffffffffffffff", Text());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void It_grows_and_keeps_every_byte(int piece)
    {
        var expected = new StringBuilder();
        _output.Open(_pool);
        for (var i = 0; expected.Length < 200_000; i++)
        {
            var text = new string((char)('a' + (i % 26)), piece);
            expected.Append(text).Append("n: ").Append(text).Append("\r\n").Append(i);
            _output.Append(Encoding.ASCII.GetBytes(text));
            _output.AppendHeader("n"u8, Encoding.ASCII.GetBytes(text));
            _output.AppendDecimal(i);
        }

        Assert.Equal(expected.ToString(), Text());
        Assert.Equal(_output.Array.Length, _pool.RentedBytes);
        _output.Close();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void What_was_cut_off_is_written_over()
    {
        _output.Open(_pool);
        _output.Append("abcdef"u8);
        _output.Truncate(2);
        _output.Append("x"u8);
        Assert.Equal("abx", Text());
        _output.Clear();
        Assert.Equal(0, _output.Count);
        Assert.Equal(BufferPool.MediumSize, _output.Room);
    }

    private string Text() => Encoding.ASCII.GetString(_output.Array, 0, _output.Count);
}
