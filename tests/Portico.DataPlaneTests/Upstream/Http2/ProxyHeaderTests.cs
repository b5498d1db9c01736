using System.Text;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>The PROXY protocol towards backends of HTTP/2: a connection names one client, so it carries one stream.</summary>
public sealed class ProxyHeaderTests(Gateway gateway) : Http2BackendTest(gateway)
{
    [Fact]
    public async Task Each_stream_has_a_connection_that_begins_with_its_client()
    {
        var (backend, service, lines) = Announced("v1");
        var site = await ExposeAsync([backend], ("portico.dev/send-proxy-protocol", "v1"), ("backend-protocol", "GRPC"));
        await using var first = await ConnectHttp2Async();
        await using var second = await ConnectHttp2Async();
        await first.SendAsync(Message(Call(1, site), 1, "x", last: true));
        await first.SendAsync(Message(Call(3, site), 3, "x", last: true));
        await second.SendAsync(Message(Call(1, site), 1, "x", last: true));
        foreach (var (client, stream) in new[] { (first, 1), (first, 3), (second, 1) })
        {
            Assert.Equal("0", Trailer(await client.ReadResponseAsync(stream), "grpc-status"));
        }

        var gateway = $" {Gateway.Process.HttpEndPoint.Port}\r\n";
        Assert.Equal(
            new[] { first, first, second }.Select(c => $"PROXY TCP4 127.0.0.1 127.0.0.1 {c.Wire.Local.Port}{gateway}").Order(StringComparer.Ordinal),
            lines.Snapshot().Order(StringComparer.Ordinal));
        Assert.Equal(3, service.Connections.Count);
        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the connections end with their streams");
    }

    [Fact]
    public async Task Version_2_is_told_in_bytes_and_clients_of_HTTP_1_are_named_too()
    {
        var (backend, _, lines) = Announced("v2");
        var site = await ExposeAsync([backend], ("portico.dev/send-proxy-protocol", "v2"));
        await using var client = await ConnectAsync();
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
            byte[] expected = [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 127, 0, 0, 1, 127, 0, 0, 1, .. Port(client.Local.Port), .. Port(Gateway.Process.HttpEndPoint.Port)];
            Assert.Equal(Enumerable.Repeat(Text.Of(expected), i), lines.Snapshot());
        }

        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the connections end with their streams");
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_connection_with_it()
    {
        var lines = new Lines();
        var backend = Backend(async connection =>
        {
            lines.Add(await ReadHeaderAsync(connection, "v1"));
            await new Http2Service((_, request) => request.Over).Script(connection);
        });
        var site = await ExposeAsync([backend], ("portico.dev/send-proxy-protocol", "v1"));
        await using (var client = await ConnectHttp2Async())
        {
            await client.SendAsync(Ask(1, site));
            await Eventually.TrueAsync(() => lines.Snapshot().Count == 1, "the backend is asked");
        }

        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the connection ends with its client");
    }

    private (ScriptedBackend Backend, Http2Service Service, Lines Lines) Announced(string version)
    {
        var lines = new Lines();
        var service = new Http2Service((connection, request) => connection.AnswerCallAsync(request, 0, "answer"));
        var backend = Backend(async connection =>
        {
            lines.Add(await ReadHeaderAsync(connection, version));
            await service.Script(connection);
        });
        return (backend, service, lines);
    }

    private static async Task<string> ReadHeaderAsync(BackendConnection connection, string version)
    {
        const int binary = 28;
        var text = new StringBuilder(Text.Of(await connection.ReadBytesAsync(version == "v1" ? 6 : binary)));
        while (version == "v1" && text[^1] != '\n')
        {
            text.Append(Text.Of(await connection.ReadBytesAsync(1)));
        }

        return text.ToString();
    }

    private static byte[] Port(int number) => [(byte)(number >> 8), (byte)number];

    /// <summary>What connections began with.</summary>
    private sealed class Lines
    {
        private readonly List<string> _lines = [];

        public void Add(string line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }

        public IReadOnlyList<string> Snapshot()
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }
}
