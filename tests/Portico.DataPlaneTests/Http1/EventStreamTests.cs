using System.IO.Compression;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Event streams over HTTP/1.1: the backend sends an event only when the client has the one before, so none may be held back.</summary>
public abstract class EventStreamTests<TGateway>(TGateway gateway) : GatewayTest<TGateway>(gateway)
    where TGateway : Gateway
{
    private const int Events = 10;

    /// <summary>Exposes a stream of events and reads it one by one.</summary>
    /// <returns>The Content-Encoding.</returns>
    protected async Task<string?> ReadOneByOneAsync(string buffering, string? accepts)
    {
        using var seen = new SemaphoreSlim(0);
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < Events; i++)
            {
                await connection.SendAsync($"9\r\ndata: {i}\n\n\r\n");
                await seen.WaitAsync(connection.Stopping);
            }
            await connection.SendAsync("0\r\n\r\n");
        });
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateways.Gateway.At(backend)],
            Annotations = new Dictionary<string, string> { ["proxy-buffering"] = buffering },
        });
        await using var client = await ConnectAsync();
        await client.SendAsync(accepts is null ? site.Get() : site.Get("/", "Accept-Encoding: " + accepts));
        var (head, framing, length) = await client.ReadResponseHeadAsync();
        var coding = head["Content-Encoding"];
        using var received = new MemoryStream();
        var told = 0;
        await client.ReadBodyAsync(framing, length, piece =>
        {
            received.Write(piece.Span);
            for (var here = Decode(coding, received.ToArray()).Split("\n\n").Length - 1; told < here; told++)
            {
                seen.Release();
            }
            return Task.CompletedTask;
        });
        Assert.Equal(string.Concat(Enumerable.Range(0, Events).Select(i => $"data: {i}\n\n")), Decode(coding, received.ToArray()));
        return coding;
    }

    /// <summary>As far as the bytes go; the end may be missing.</summary>
    private static string Decode(string? coding, byte[] body)
    {
        using var encoded = new MemoryStream(body);
        using Stream decoder = coding switch
        {
            "gzip" => new GZipStream(encoded, CompressionMode.Decompress),
            "br" => new BrotliStream(encoded, CompressionMode.Decompress),
            _ => encoded,
        };
        using var plain = new MemoryStream();
        var piece = new byte[1024];
        try
        {
            for (var count = decoder.Read(piece); count > 0; count = decoder.Read(piece))
            {
                plain.Write(piece, 0, count);
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or EndOfStreamException)
        {
            // The rest has not come.
        }
        return Text.Of(plain.ToArray());
    }
}

/// <summary>As the installation is without settings, and with compression on for other types.</summary>
public sealed class PlainEventStreamTests(PlainEventStreamTests.CompressingGateway gateway) : EventStreamTests<PlainEventStreamTests.CompressingGateway>(gateway)
{
    [Theory]
    [InlineData("on", null)]
    [InlineData("off", null)]
    [InlineData("on", "gzip, br")]
    [InlineData("off", "gzip, br")]
    public async Task Each_event_arrives_before_the_next_one_is_sent(string buffering, string? accepts) =>
        Assert.Null(await ReadOneByOneAsync(buffering, accepts));

    public sealed class CompressingGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string> { ["use-gzip"] = "true", ["enable-brotli"] = "true" };
    }
}

/// <summary>With <c>text/event-stream</c> among the types that are compressed.</summary>
public sealed class CompressedEventStreamTests(CompressedEventStreamTests.CompressingGateway gateway)
    : EventStreamTests<CompressedEventStreamTests.CompressingGateway>(gateway)
{
    [Theory]
    [InlineData("on", null, null)]
    [InlineData("on", "gzip", "gzip")]
    [InlineData("off", "gzip", "gzip")]
    [InlineData("on", "br", "br")]
    [InlineData("off", "br", "br")]
    public async Task Each_event_arrives_before_the_next_one_is_sent(string buffering, string? accepts, string? coding) =>
        Assert.Equal(coding, await ReadOneByOneAsync(buffering, accepts));

    public sealed class CompressingGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string>
        {
            ["use-gzip"] = "true",
            ["enable-brotli"] = "true",
            ["gzip-types"] = "text/event-stream",
            ["brotli-types"] = "text/event-stream",
        };
    }
}
