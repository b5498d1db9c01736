using System.IO.Compression;
using System.Text;
using Portico.Proxy.Compression;
using Xunit;

namespace Portico.UnitTests.Compression;

/// <summary>What goes through an encoder comes out of the framework's decoder, wherever the pieces are cut and however small the output is.</summary>
public class ContentEncoderTests
{
    private static readonly byte[] Page = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 900).Select(i => $"line {i * 7919 % 1000} of a page\n")));

    public static TheoryData<string, int, int> Ways => new()
    {
        { "gzip", 1, 100_000 }, { "gzip", 9, 1 }, { "gzip", 1, 7 }, { "gzip", 6, 300 },
        { "br", 4, 100_000 }, { "br", 11, 1 }, { "br", 0, 7 }, { "br", 5, 300 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_decoder_gives_back_what_was_put_in(string coding, int level, int outputSize)
    {
        foreach (var pieceSize in new[] { 1, 13, 4096, Page.Length })
        {
            var encoder = Encoder(coding, level);
            var encoded = new List<byte>();
            for (var at = 0; at < Page.Length; at += pieceSize)
            {
                Run(encoder, Page.AsSpan(at, Math.Min(pieceSize, Page.Length - at)), EncodeStep.Continue, outputSize, encoded);
            }

            Run(encoder, [], EncodeStep.End, outputSize, encoded);

            Assert.Equal(Page, Decode(coding, [.. encoded]));
            Assert.True(pieceSize < 4096 || encoded.Count < Page.Length);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public void What_was_put_in_before_a_flush_can_be_read_before_the_end(string coding)
    {
        var encoder = Encoder(coding, 4);
        var encoded = new List<byte>();
        Run(encoder, "event one"u8, EncodeStep.Continue, 64, encoded);
        Run(encoder, [], EncodeStep.Flush, 64, encoded);

        using var decoder = Decoder(coding, [.. encoded]);
        var read = new byte[9];
        decoder.ReadExactly(read);
        Assert.Equal("event one", Encoding.ASCII.GetString(read));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public void An_empty_body_is_a_whole_message(string coding)
    {
        var encoded = new List<byte>();
        Run(Encoder(coding, 4), [], EncodeStep.End, 5, encoded);

        Assert.NotEmpty(encoded);
        Assert.Empty(Decode(coding, [.. encoded]));
    }

    [Fact]
    public void An_encoder_that_was_given_up_begins_anew()
    {
        var pool = new EncoderPool();
        var choice = new CompressionChoice(ContentCoding.Gzip, 1, null);
        var first = pool.Rent(in choice)!;
        Run(first, Page, EncodeStep.Continue, 64, []);
        pool.Return(first);

        var second = pool.Rent(in choice)!;
        Assert.Same(first, second);
        var encoded = new List<byte>();
        Run(second, "x"u8, EncodeStep.Continue, 64, encoded);
        Run(second, [], EncodeStep.End, 64, encoded);
        Assert.Equal("x"u8.ToArray(), Decode("gzip", [.. encoded]));
    }

    [Fact]
    public void Another_level_is_another_encoder()
    {
        var pool = new EncoderPool();
        var first = pool.Rent(new CompressionChoice(ContentCoding.Gzip, 1, null))!;
        pool.Return(first);

        Assert.NotSame(first, pool.Rent(new CompressionChoice(ContentCoding.Gzip, 2, null)));
    }

    private static ContentEncoder Encoder(string coding, int level) =>
        new EncoderPool().Rent(new CompressionChoice(coding == "br" ? ContentCoding.Brotli : ContentCoding.Gzip, level, null))!;

    private static void Run(ContentEncoder encoder, ReadOnlySpan<byte> input, EncodeStep step, int outputSize, List<byte> encoded)
    {
        var output = new byte[outputSize];
        var complete = false;
        while (!complete)
        {
            complete = encoder.Encode(input, output, step, out var consumed, out var written);
            input = input[consumed..];
            encoded.AddRange(output.AsSpan(0, written));
        }
    }

    private static byte[] Decode(string coding, byte[] encoded)
    {
        using var decoder = Decoder(coding, encoded);
        using var plain = new MemoryStream();
        decoder.CopyTo(plain);
        return plain.ToArray();
    }

    private static Stream Decoder(string coding, byte[] encoded) => coding == "br"
        ? new BrotliStream(new MemoryStream(encoded), CompressionMode.Decompress)
        : new GZipStream(new MemoryStream(encoded), CompressionMode.Decompress);
}
