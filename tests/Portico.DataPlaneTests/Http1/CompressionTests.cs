using System.Globalization;
using System.IO.Compression;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Compressed responses on the wire: framing, pauses, what is left alone, and errors in the middle.</summary>
public sealed class CompressionTests(CompressionTests.CompressingGateway gateway) : GatewayTest<CompressionTests.CompressingGateway>(gateway)
{
    private static readonly string Page = string.Concat(Enumerable.Range(0, 4000).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i * 7919 % 1000}\n")));

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("br;q=0, gzip", "gzip")]
    public async Task A_response_of_known_length_comes_in_chunks_and_reads_as_before(string accepts, string coding)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Head("Content-Length: " + Page.Length, "ETag: \"v1\"", "Accept-Ranges: bytes") + Page)));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(site.Get("/", "Accept-Encoding: " + accepts));
            Assert.Equal((coding, "W/\"v1\"", "Accept-Encoding"), (response.Head["Content-Encoding"], response.Head["ETag"], response.Head["Vary"]));
            Assert.Null(response.Head["Content-Length"]);
            Assert.Null(response.Head["Accept-Ranges"]);
            Assert.True(response.Body.Length < Page.Length / 2);
            Assert.Equal(Page, Decode(coding, response.Body));
        }
    }

    [Fact]
    public async Task A_chunked_response_reads_as_before()
    {
        var chunks = string.Concat(Page.Chunk(1000).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Length:x}\r\n{new string(c)}\r\n")));
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Head("Transfer-Encoding: chunked") + chunks + "0\r\n\r\n")));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get("/", "Accept-Encoding: gzip"));
        Assert.Equal(Page, Decode("gzip", response.Body));
    }

    [Fact]
    public async Task What_came_before_a_pause_reaches_the_client_during_the_pause()
    {
        var go = new TaskCompletionSource();
        var site = await Gateway.ExposeAsync(Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Head("Transfer-Encoding: chunked") + "5\r\nfirst\r\n");
            await go.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync("6\r\nsecond\r\n0\r\n\r\n");
        }));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get("/", "Accept-Encoding: gzip"));
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        using var received = new MemoryStream();
        await client.ReadBodyAsync(framing, length, piece =>
        {
            received.Write(piece.Span);
            if (!go.Task.IsCompleted && DecodePart(received.ToArray()) == "first")
            {
                go.SetResult();
            }

            return Task.CompletedTask;
        });
        Assert.True(go.Task.IsCompleted);
        Assert.Equal("firstsecond", Decode("gzip", received.ToArray()));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 300\r\n\r\n", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: x\r\nContent-Length: 300\r\n\r\n", null)]
    [InlineData("HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-299/900\r\nContent-Length: 300\r\n\r\n", null)]
    [InlineData("HTTP/1.1 500 Error\r\nContent-Type: text/plain\r\nContent-Length: 300\r\n\r\n", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n", null)]
    public async Task What_must_not_be_compressed_passes_as_it_is(string head, string? vary)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(head + new string('x', 300))));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get("/", "Accept-Encoding: gzip, br"));
        Assert.Equal(new string('x', 300), response.Text);
        Assert.Equal("300", response.Head["Content-Length"]);
        Assert.Equal(vary, response.Head["Vary"]);
    }

    [Fact]
    public async Task A_client_that_accepts_nothing_learns_that_it_matters()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Head("Content-Length: " + Page.Length) + Page)));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get());
        Assert.Equal((Page, "Accept-Encoding"), (response.Text, response.Head["Vary"]));
        Assert.Null(response.Head["Content-Encoding"]);
    }

    [Fact]
    public async Task The_answer_to_HEAD_has_the_headers_of_the_one_to_GET()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Head("Content-Length: " + Page.Length))));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Request("HEAD", "/", "", "Accept-Encoding: gzip"));
        var (head, _, _) = await client.ReadResponseHeadAsync("HEAD");
        Assert.Null(head["Content-Length"]);
        Assert.Equal("gzip", head["Content-Encoding"]);
    }

    [Fact]
    public async Task Half_a_body_never_looks_whole()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.CloseAt(Head("Content-Length: 1000").Length + 300, Head("Content-Length: 1000") + new string('x', 1000))));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get("/", "Accept-Encoding: gzip"));
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => client.ReadBodyAsync(framing, length, _ => Task.CompletedTask));
    }

    private static string Head(params string[] headers) => "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n" + string.Concat(headers.Select(h => h + "\r\n")) + "\r\n";

    private static string Decode(string coding, byte[] body)
    {
        using var encoded = new MemoryStream(body);
        using Stream decoder = coding == "br" ? new BrotliStream(encoded, CompressionMode.Decompress) : new GZipStream(encoded, CompressionMode.Decompress);
        using var reader = new StreamReader(decoder);
        return reader.ReadToEnd();
    }

    /// <summary>As far as the bytes go; the end may be missing.</summary>
    private static string DecodePart(byte[] body)
    {
        using var decoder = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        var plain = new byte[100];
        try
        {
            return Text.Of(plain.AsSpan(0, decoder.Read(plain)));
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }

    public sealed class CompressingGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap { get; } =
            new Dictionary<string, string> { ["use-gzip"] = "true", ["enable-brotli"] = "true", ["gzip-level"] = "5" };
    }
}
