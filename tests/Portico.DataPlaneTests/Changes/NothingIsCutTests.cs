using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Changes;

/// <summary>
/// The first promise: configuration never cuts a connection. While a thousand configurations are published, a thousand
/// exchanges are under way; every one of them ends well, and every answer comes from one configuration, never from a mixture.
/// </summary>
[Collection(Alone.Name)]
public sealed class NothingIsCutTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const int Configurations = 1000;
    private const int Streams = 600;
    private const int Tunnels = 200;
    private const int KeepAlives = 200;
    private const int PiecesPerStream = 20;

    [Fact]
    public async Task A_thousand_configurations_cut_none_of_a_thousand_exchanges()
    {
        var gates = Enumerable.Range(0, PiecesPerStream).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var streaming = await Gateway.ExposeAsync(Backend(connection => StreamAsync(connection, gates), "streaming"));
        var tunnels = await Gateway.ExposeAsync(Backend(Scripts.UpgradeEcho(), "tunnels"));
        var plain = await Gateway.ExposeAsync(Backend(Scripts.Echo("plain"), "plain"));

        var streams = await OpenAsync(Streams, streaming.Get());
        var upgraded = await OpenAsync(Tunnels, tunnels.Get("/", "Connection: Upgrade", "Upgrade: echo"));
        var kept = await OpenAsync(KeepAlives, plain.Get());
        await Task.WhenAll(upgraded.Select(async c => Assert.Equal(101, (await c.ReadResponseAsync()).Status)));
        await Task.WhenAll(kept.Select(async c => Assert.Equal(200, (await c.ReadResponseAsync()).Status)));
        var endings = streams.Select(ReadStreamAsync).ToArray();

        for (var configuration = 1; configuration <= Configurations; configuration++)
        {
            Gateway.Process.Manifests.RenameInto("changing.yaml", Edition(configuration, streaming.Host, tunnels.Host, plain.Host));
            if (configuration % (Configurations / PiecesPerStream) == 0)
            {
                gates[(configuration * PiecesPerStream / Configurations) - 1].SetResult();
                await ExchangeOnAllAsync(upgraded, kept, plain, configuration);
            }
        }
        await Task.WhenAll(endings).Within("all streams end", TimeSpan.FromMinutes(2));
        await ExchangeOnAllAsync(upgraded, kept, plain, Configurations);
        foreach (var client in streams.Concat(upgraded).Concat(kept))
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>Long answers and short ones, and WebSockets, on connections that stay.</summary>
    [Fact]
    public async Task A_thousand_configurations_lose_no_stream_of_HTTP_2()
    {
        const int connections = 6;
        const int streamsOfEach = 100;
        var gates = Enumerable.Range(0, PiecesPerStream).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var streaming = await Gateway.ExposeAsync(Backend(connection => StreamAsync(connection, gates), "streaming"));
        var plain = await Gateway.ExposeAsync(Backend(Scripts.Echo("plain"), "plain"));
        var streams = await OpenHttp2Async(connections);
        var busy = await OpenHttp2Async(connections);
        var tunnels = await Gateway.ExposeAsync(Backend(Scripts.UpgradeEcho(), "tunnels"));
        await Task.WhenAll(busy.Select(client => client.SendAsync(new Http2Bytes().Headers(
            1, FrameFlag.EndHeaders, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", tunnels.Host), ("sec-websocket-version", "13")))));
        await Task.WhenAll(streams.Select(client => client.SendAsync(Enumerable.Range(0, streamsOfEach).Aggregate(
            new Http2Bytes(), (bytes, i) => bytes.Headers(1 + (2 * i), FrameFlag.EndHeaders | FrameFlag.EndStream, Http2Bytes.Request("GET", "/", streaming.Host))))));
        var endings = streams.Select(client => ReadStreamsAsync(client, streamsOfEach)).ToArray();

        for (var configuration = 1; configuration <= Configurations; configuration++)
        {
            Gateway.Process.Manifests.RenameInto("changing.yaml", Edition(configuration, streaming.Host, plain.Host, tunnels.Host));
            if (configuration % (Configurations / PiecesPerStream) == 0)
            {
                var stream = 1 + (2 * configuration);
                gates[(configuration * PiecesPerStream / Configurations) - 1].SetResult();
                await Task.WhenAll(busy.Select(async client =>
                {
                    await EchoAsync(client, configuration);
                    Assert.Equal((200, null), await AskAsync(client, stream, plain.Host));
                }));
            }
        }
        await Task.WhenAll(endings).Within("all streams end", TimeSpan.FromMinutes(2));
        foreach (var client in streams.Concat(busy))
        {
            Assert.DoesNotContain(client.Frames, f => f.Type is FrameType.GoAway or FrameType.Reset);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_answer_is_from_one_configuration_never_from_a_mixture()
    {
        // Each edition moves the host to another backend and announces itself in a header that belongs to the same file.
        var backends = new[] { Backend(Scripts.Echo("even"), "even"), Backend(Scripts.Echo("odd"), "odd") };
        var marker = await Gateway.ExposeAsync(backends[0]);
        var clients = await OpenAsync(20, marker.Get());
        await Task.WhenAll(clients.Select(c => c.ReadResponseAsync()));
        using var over = new CancellationTokenSource();
        var asking = clients.Select(client => AskUntilAsync(client, marker, over.Token)).ToArray();
        for (var edition = 1; edition <= 200; edition++)
        {
            var name = edition % 2 == 0 ? "even" : "odd";
            Gateway.Process.Manifests.RenameInto(
                marker.FileName,
                Manifest.Service("mixture-" + name, 80, Gateway.At(backends[edition % 2])),
                Manifest.Ingress("mixture", marker.Host, [new IngressPath("mixture-" + name)], new Dictionary<string, string> { ["upstream-vhost"] = name + ".snapshot" }));
            await Eventually.TrueAsync(() => IsServedByAsync(marker, name), $"edition {edition} serves");
        }
        await over.CancelAsync();
        var statuses = (await Task.WhenAll(asking)).SelectMany(s => s).ToList();
        Assert.All(statuses, s => Assert.Equal(200, s));
        AssertNoMixture(backends);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    private static void AssertNoMixture(ScriptedBackend[] backends)
    {
        var seen = backends.Select(b => (b.Name, Hosts: b.Requests.Select(r => r["Host"]!).Where(h => h.EndsWith(".snapshot", StringComparison.Ordinal)).ToHashSet())).ToList();
        Assert.All(seen, s => Assert.Equal([s.Name + ".snapshot"], s.Hosts));
    }

    private static async Task<List<int>> AskUntilAsync(RawClient client, Site site, CancellationToken over)
    {
        var statuses = new List<int>();
        while (!over.IsCancellationRequested)
        {
            statuses.Add((await client.ExchangeAsync(site.Get())).Status);
            // The gateway may rightly end a connection after keep-alive-requests.
            if (statuses.Count == 900)
            {
                break;
            }
        }
        return statuses;
    }

    private async Task<bool> IsServedByAsync(Site site, string name)
    {
        await using var client = await ConnectAsync();
        return (await client.ExchangeAsync(site.Get()))["X-Backend"] == name;
    }

    // Routes, endpoints and annotations of its own hosts change, and it adds paths to the hosts that are in use.
    private static string Edition(int number, params string[] hosts) => Manifest.Join(
    [
        Manifest.Service("changing", 80, new ServiceEndpoint("127.0.0.1", 1 + (number % 1000))),
        .. hosts.Select((host, i) => Manifest.Ingress($"changing-{i}", host, [new IngressPath("changing", string.Create(CultureInfo.InvariantCulture, $"/changing/{number}"))])),
        Manifest.Ingress("changing", string.Create(CultureInfo.InvariantCulture, $"changing{number % 7}.test"), [new IngressPath("changing")]),
    ]);

    private static async Task StreamAsync(BackendConnection connection, TaskCompletionSource[] gates)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var gate in gates)
        {
            await gate.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync("5\r\npiece\r\n");
        }
        await connection.SendAsync("0\r\n\r\n");
    }

    private static async Task ReadStreamAsync(RawClient client)
    {
        var response = await client.ReadResponseAsync(within: TimeSpan.FromMinutes(4));
        Assert.Equal(5 * PiecesPerStream, response.Body.Length);
    }

    private async Task<List<RawHttp2Client>> OpenHttp2Async(int count)
    {
        var clients = new List<RawHttp2Client>();
        for (var i = 0; i < count; i++)
        {
            clients.Add(await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint));
        }
        return clients;
    }

    /// <summary>A message through the WebSocket on stream 1.</summary>
    private static async Task EchoAsync(RawHttp2Client client, int configuration)
    {
        var message = string.Create(CultureInfo.InvariantCulture, $"message {configuration:0000}");
        await client.SendAsync(new Http2Bytes().Data(1, message));
        var echo = "";
        while (echo.Length < message.Length)
        {
            echo += Text.Of((await client.ReadUntilAsync(f => f is { Type: FrameType.Data, Stream: 1 })).Payload);
        }
        Assert.Equal(message, echo);
    }

    private static async Task<(int Status, Http2Error? Reset)> AskAsync(RawHttp2Client client, int stream, string host)
    {
        var response = await client.GetAsync(stream, host);
        return (response.Status, response.Reset);
    }

    private static async Task ReadStreamsAsync(RawHttp2Client client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var response = await client.ReadResponseAsync(1 + (2 * i), TimeSpan.FromMinutes(4));
            Assert.Equal((200, 5 * PiecesPerStream, null), (response.Status, response.Body.Length, response.Reset));
        }
    }

    private async Task<List<RawClient>> OpenAsync(int count, string request)
    {
        var clients = new List<RawClient>();
        for (var i = 0; i < count; i++)
        {
            var client = await ConnectAsync();
            await client.SendAsync(request);
            clients.Add(client);
        }
        return clients;
    }

    private static async Task ExchangeOnAllAsync(List<RawClient> upgraded, List<RawClient> kept, Site plain, int configuration)
    {
        var message = Text.Bytes(string.Create(CultureInfo.InvariantCulture, $"message {configuration:0000}"));
        await Task.WhenAll(upgraded.Select(async client =>
        {
            await client.SendAsync(message);
            Assert.Equal(message, await client.ReadBytesAsync(message.Length));
        }));
        await Task.WhenAll(kept.Select(async client => Assert.Equal(200, (await client.ExchangeAsync(plain.Get())).Status)));
    }
}
