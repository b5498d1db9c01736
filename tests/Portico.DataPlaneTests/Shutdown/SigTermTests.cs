using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.DataPlaneTests.Streams;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Shutdown;

/// <summary>SIGTERM: what is under way ends well, nothing new begins, the program leaves with 0.</summary>
public sealed class SigTermTests
{
    private static readonly string[] NoGrace = ["--shutdown-grace-period=0", "--post-shutdown-grace-period=0"];

    [Fact]
    public async Task A_request_in_flight_is_answered_and_told_that_the_connection_ends()
    {
        var answer = new TaskCompletionSource();
        await using var backend = new ScriptedBackend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("finished")));
        await using var process = await StartAsync(backend);
        await using var client = await process.ConnectAsync();
        await client.SendAsync(Get);
        await backend.WaitForRequestsAsync(1);
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        answer.SetResult();
        var response = await client.ReadResponseAsync();
        Assert.Equal("finished", response.Text);
        Assert.True(response.AnnouncesClose);
        await client.ReadEndAsync();
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task Idle_connections_are_closed_in_order_and_the_program_leaves_at_once()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend);
        await using var used = await process.ConnectAsync();
        Assert.Equal(200, (await used.ExchangeAsync(Get)).Status);
        await using var unused = await process.ConnectAsync();
        process.Terminate();
        Assert.Equal(StreamEnd.Closed, await used.ReadEndAsync());
        Assert.Equal(StreamEnd.Closed, await unused.ReadEndAsync());
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task During_the_grace_everything_is_served_and_clients_are_asked_to_come_back_over_another_connection()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend, "--shutdown-grace-period=600"));
        await using var before = await process.ConnectAsync();
        var first = await before.ExchangeAsync(Get);
        Assert.False(first.AnnouncesClose);
        process.Terminate();
        await Eventually.TrueAsync(async () => await process.StatusOfAsync("/healthz") == 500, "probes fail from now on");

        var response = await before.ExchangeAsync(Get);
        Assert.Equal((200, true), (response.Status, response.AnnouncesClose));
        Assert.Equal(StreamEnd.Closed, await before.ReadEndAsync());
        for (var i = 0; i < 3; i++)
        {
            await using var next = await process.ConnectAsync();
            response = await next.ExchangeAsync(Get);
            Assert.Equal((200, true), (response.Status, response.AnnouncesClose));
        }

        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task After_the_last_connection_the_program_waits_as_long_as_it_was_told()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend, "--shutdown-grace-period=0", "--post-shutdown-grace-period=2"));
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        Assert.Equal(500, await process.StatusOfAsync("/healthz"));
        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_half_sent_request_is_still_served()
    {
        await using var backend = new ScriptedBackend(Scripts.Echo("a"));
        await using var process = await StartAsync(backend);
        await using var client = await process.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h.test\r\nContent-Length: 10\r\n\r\nfirst");
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        await client.SendAsync("other");
        Assert.Equal("firstother", (await client.ReadResponseAsync()).Text);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_streamed_response_comes_to_its_end()
    {
        var goOn = new TaskCompletionSource();
        await using var backend = new ScriptedBackend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            await goOn.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync("6\r\nsecond\r\n0\r\n\r\n");
        });
        await using var process = await StartAsync(backend);
        await using var client = await process.ConnectAsync();
        await client.SendAsync(Get);
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        goOn.SetResult();
        var body = "";
        await client.ReadBodyAsync(framing, length, piece =>
        {
            body += Text.Of(piece.Span);
            return Task.CompletedTask;
        });
        Assert.Equal("firstsecond", body);
        await client.ReadEndAsync();
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task What_does_not_end_is_cut_after_worker_shutdown_timeout()
    {
        await using var backend = new ScriptedBackend(Scripts.UpgradeEcho());
        await using var process = await StartAsync(backend, new Dictionary<string, string> { ["worker-shutdown-timeout"] = "1s" });
        await using var client = await process.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        Assert.Equal(101, (await client.ReadResponseAsync()).Status);
        process.Terminate();
        await client.ReadEndAsync();
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_second_SIGTERM_changes_nothing()
    {
        var answer = new TaskCompletionSource();
        await using var backend = new ScriptedBackend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("finished")));
        await using var process = await StartAsync(backend);
        await using var client = await process.ConnectAsync();
        await client.SendAsync(Get);
        await backend.WaitForRequestsAsync(1);
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        process.Terminate();
        answer.SetResult();
        Assert.Equal("finished", (await client.ReadResponseAsync()).Text);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task Liveness_fails_as_soon_as_the_end_has_begun()
    {
        var answer = new TaskCompletionSource();
        await using var backend = new ScriptedBackend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("finished")));
        await using var process = await StartAsync(backend);
        await using var client = await process.ConnectAsync();
        await client.SendAsync(Get);
        await backend.WaitForRequestsAsync(1);
        process.Terminate();
        await Eventually.TrueAsync(async () => await process.StatusOfAsync("/healthz") is 500 or 0, "healthz fails");
        answer.SetResult();
        Assert.Equal("finished", (await client.ReadResponseAsync()).Text);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_TCP_relay_outlives_SIGTERM_until_its_peers_are_done()
    {
        await using var backend = new ScriptedBackend(StreamScripts.Echo);
        var (process, at) = await StartRelayAsync(backend, "240s");
        await using var running = process;
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("before");
        _ = await client.ReadBytesAsync(6);
        process.Terminate();
        await NewConnectionsAreRefusedAsync(process);
        await Eventually.TrueAsync(async () => !await StreamGateway.AcceptsAsync(at), "the TCP service refuses");
        await client.SendAsync("after");
        Assert.Equal("after", Text.Of(await client.ReadBytesAsync(5)));
        client.FinishSending();
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_TCP_relay_that_does_not_end_is_cut_after_worker_shutdown_timeout()
    {
        await using var backend = new ScriptedBackend(StreamScripts.Echo);
        var (process, at) = await StartRelayAsync(backend, "1s");
        await using var running = process;
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("before");
        _ = await client.ReadBytesAsync(6);
        process.Terminate();
        Assert.NotEqual(StreamEnd.Open, await client.ReadEndAsync());
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    private const string Get = "GET / HTTP/1.1\r\nHost: h.test\r\n\r\n";

    private static Task<PorticoProcess> StartAsync(ScriptedBackend backend, IReadOnlyDictionary<string, string>? configMap = null) =>
        PorticoProcess.StartAsync(new PorticoOptions
        {
            ConfigMap = configMap,
            Arguments = NoGrace,
            Files = new Dictionary<string, string>
            {
                ["h.yaml"] = Manifest.Join(Manifest.Service("h", 80, Gateway.At(backend)), Manifest.Ingress("h", "h.test", [new IngressPath("h")])),
            },
        });

    private static PorticoOptions Options(ScriptedBackend backend, params string[] arguments) => new()
    {
        Arguments = arguments,
        Files = new Dictionary<string, string>
        {
            ["h.yaml"] = Manifest.Join(Manifest.Service("h", 80, Gateway.At(backend)), Manifest.Ingress("h", "h.test", [new IngressPath("h")])),
        },
    };

    private static async Task<(PorticoProcess Process, IPEndPoint At)> StartRelayAsync(ScriptedBackend backend, string shutdownTimeout)
    {
        var at = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var process = await PorticoProcess.StartAsync(new PorticoOptions
        {
            ConfigMap = new Dictionary<string, string> { ["worker-shutdown-timeout"] = shutdownTimeout },
            Arguments = [.. NoGrace, "--tcp-services-configmap", "default/tcp"],
            Files = new Dictionary<string, string>
            {
                ["relay.yaml"] = Manifest.Join(
                    Manifest.Service("relay", 80, Gateway.At(backend)),
                    Manifest.ConfigMap("tcp", new Dictionary<string, string> { [$"\"{at.Port}\""] = "default/relay:80" })),
            },
        });
        await Eventually.TrueAsync(() => StreamGateway.AcceptsAsync(at), "the TCP service accepts");
        return (process, at);
    }

    private static Task NewConnectionsAreRefusedAsync(PorticoProcess process) =>
        Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await using var client = await process.ConnectAsync();
                    return false;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    return true;
                }
            },
            "new connections are refused");
}
