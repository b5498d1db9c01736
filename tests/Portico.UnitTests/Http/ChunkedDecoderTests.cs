using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Xunit;

namespace Portico.UnitTests.Http;

public class ChunkedDecoderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world")]
    [InlineData("00005\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("A\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("5;name=value\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5;q=\"a;b\"\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n0\r\nX-Trailer: yes\r\nY:\r\n\r\n", "hello")]
    public void Payload_comes_out_whatever_the_cuts(string coded, string payload)
    {
        Assert.Equal((ParseStatus.Done, payload, ParseError.None), Decode(coded, coded.Length));
        Assert.Equal((ParseStatus.Done, payload, ParseError.None), Decode(coded, 1));
        for (var size = 2; size < coded.Length; size++)
        {
            Assert.Equal((ParseStatus.Done, payload, ParseError.None), Decode(coded, size));
        }
    }

    [Theory]
    [InlineData("\r\n", ParseError.BadChunkSize)]
    [InlineData("g\r\n", ParseError.BadChunkSize)]
    [InlineData("+5\r\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData("-5\r\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData("0x5\r\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData(" 5\r\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData("5 \r\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData("5\nhello\r\n", ParseError.BadChunkSize)]
    [InlineData("5\rhello\r\n", ParseError.BadChunkSize)]
    [InlineData("1000000000000000\r\n", ParseError.BadChunkSize)]
    [InlineData("ffffffffffffffffffff\r\n", ParseError.BadChunkSize)]
    [InlineData("5\r\nhello0\r\n\r\n", ParseError.BadChunkEnd)]
    [InlineData("5\r\nhello\n0\r\n\r\n", ParseError.BadChunkEnd)]
    [InlineData("5\r\nhello\r0\r\n\r\n", ParseError.BadChunkEnd)]
    [InlineData("5;a\nb\r\nhello\r\n", ParseError.BadChunkExtension)]
    [InlineData("5;\0\r\nhello\r\n", ParseError.BadChunkExtension)]
    [InlineData("5;\"open\r\nhello\r\n", ParseError.BadChunkExtension)]
    [InlineData("0\r\n\n", ParseError.BadHeaderName)]
    [InlineData("0\r\n folded\r\n\r\n", ParseError.BadHeaderName)]
    [InlineData("0\r\nX : y\r\n\r\n", ParseError.BadHeaderName)]
    [InlineData("0\r\n: y\r\n\r\n", ParseError.BadHeaderName)]
    [InlineData("0\r\nX: a\nb\r\n\r\n", ParseError.BadHeaderValue)]
    [InlineData("0\r\nX: a\rb\r\n\r\n", ParseError.BareCarriageReturn)]
    [InlineData("0\r\n\rX", ParseError.BareCarriageReturn)]
    public void Coding_that_could_be_read_in_two_ways_is_refused(string coded, ParseError error)
    {
        Assert.Equal((ParseStatus.Invalid, error), (Decode(coded, coded.Length).Status, Decode(coded, coded.Length).Error));
        Assert.Equal(error, Decode(coded, 1).Error);
    }

    [Fact]
    public void Endless_extensions_and_trailers_are_refused()
    {
        Assert.Equal(ParseError.BadChunkExtension, Decode("5;" + new string('x', 9000), 9002).Error);
        Assert.Equal(ParseError.TrailerTooLarge, Decode("0\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 2000)), 12003).Error);
    }

    [Fact]
    public void Trailers_are_kept_whatever_the_cuts()
    {
        const string Coded = "5\r\nhello\r\n0\r\nX-Sum: a b \r\netag:\"1\"\r\nX-Empty:\r\n\r\n";
        for (var size = 1; size <= Coded.Length; size++)
        {
            var trailers = new TrailerLines(new BufferPool());
            Assert.Equal(ParseStatus.Done, Decode(Coded, size, trailers).Status);
            var fields = trailers.Fields!;
            Assert.Equal(["X-Sum=a b", "etag=\"1\"", "X-Empty="], fields.Fields.ToArray().Select(f => Text(fields.Name(in f)) + "=" + Text(fields.Value(in f))));
            Assert.True(fields.Has(HeaderId.ETag));
            trailers.Release();
            Assert.Null(trailers.Fields);
        }
    }

    [Fact]
    public void As_many_trailers_as_the_decoder_lets_through_are_kept()
    {
        var trailers = new TrailerLines(new BufferPool());
        Assert.Equal(ParseStatus.Done, Decode("0\r\n" + string.Concat(Enumerable.Repeat("a:\r\n", 2730)) + "\r\n", 100, trailers).Status);
        Assert.Equal(2730, trailers.Fields!.Count);
        trailers.Release();
        Assert.Equal(ParseStatus.Done, Decode("0\r\nb:" + new string('x', 8188) + "\r\n\r\n", 1000, trailers).Status);
        Assert.Equal(8188, trailers.Fields!.Fields[0].ValueLength);
    }

    [Fact]
    public void Bytes_behind_the_end_are_left_alone()
    {
        var piece = Encoding.ASCII.GetBytes("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1");
        var decoder = default(ChunkedDecoder);
        Assert.Equal(ParseStatus.Done, decoder.Decode(piece, out var consumed, out var produced));
        Assert.Equal(11, consumed);
        Assert.Equal(1, produced);
    }

    [Fact]
    public void What_is_wrapped_comes_out_again()
    {
        Prop.ForAll<byte[]>(
            ArbMap.Default.ArbFor<byte[]>(),
            payload =>
            {
                var buffer = new byte[BodyRoom.Before + payload.Length + BodyRoom.After];
                payload.CopyTo(buffer, BodyRoom.Before);
                var coded = payload.Length == 0
                    ? Encoding.ASCII.GetBytes("0\r\n\r\n")
                    : Slice(buffer, ChunkedEncoding.Wrap(buffer, BodyRoom.Before, payload.Length, last: true));
                var decoder = default(ChunkedDecoder);
                Assert.Equal(ParseStatus.Done, decoder.Decode(coded, out var consumed, out var produced));
                Assert.Equal(coded.Length, consumed);
                Assert.Equal(payload, coded[..produced]);
            }).QuickCheckThrowOnFailure();
    }

    private static byte[] Slice(byte[] buffer, Portico.Http.Messages.ByteRange range) => buffer[range.Start..(range.Start + range.Length)];

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static (ParseStatus Status, string Payload, ParseError Error) Decode(string coded, int pieceSize, TrailerLines? trailers = null)
    {
        var decoder = new ChunkedDecoder(trailers);
        var payload = new StringBuilder();
        var status = ParseStatus.NeedMore;
        for (var i = 0; i < coded.Length && status == ParseStatus.NeedMore; i += pieceSize)
        {
            var piece = Encoding.Latin1.GetBytes(coded[i..Math.Min(coded.Length, i + pieceSize)]);
            status = decoder.Decode(piece, out _, out var produced);
            payload.Append(Encoding.Latin1.GetString(piece, 0, produced));
        }

        return (status, payload.ToString(), decoder.Error);
    }
}
