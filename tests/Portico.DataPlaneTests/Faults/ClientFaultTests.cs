using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Faults;

/// <summary>Clients that vanish in every phase. Afterwards the gateway serves as before and holds nothing of theirs.</summary>
[Collection(Alone.Name)]
public sealed class ClientFaultTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Connections = "nginx_ingress_controller_nginx_process_connections";
    private const int Clients = 50;

    public enum Phase
    {
        BeforeTheFirstByte,
        WithinTheHead,
        AfterTheHead,
        WithinTheBody,
        WhileTheBackendThinks,
        WhileTheResponseIsSent,
        AfterTheResponse,
        WithinAPipelinedRequest,
    }

    public static TheoryData<Phase, bool> Endings { get; } = [.. Enum.GetValues<Phase>().SelectMany(p => new TheoryDataRow<Phase, bool>[] { new(p, true), new(p, false) })];

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task A_client_that_vanishes_leaves_nothing_behind(Phase phase, bool reset)
    {
        var backend = Backend(Scripts.Body("fine"));
        var site = await Gateway.ExposeAsync(backend);
        var openFiles = await SettledOpenFilesAsync(backend);
        var answer = new TaskCompletionSource();
        backend.Script = phase switch
        {
            Phase.WhileTheBackendThinks => reset ? Scripts.Silence : Scripts.AnswerAfter(answer.Task, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo late"),
            Phase.WhileTheResponseIsSent => EndlessResponse,
            _ => Scripts.Body("fine"),
        };
        for (var i = 0; i < Clients; i++)
        {
            var seen = backend.Requests.Count;
            var client = await ConnectAsync();
            await GoToAsync(phase, client, site);
            if (phase == Phase.WhileTheBackendThinks)
            {
                await backend.WaitForRequestsAsync(seen + 1);
            }
            if (reset)
            {
                client.Reset();
            }
            await client.DisposeAsync();
        }

        backend.Script = Scripts.Body("fine");
        if (!reset)
        {
            // A FIN alone may mean a client that still waits for its answer: only the answer finds out.
            answer.SetResult();
        }
        await AssertAtRestAsync(backend, openFiles);
        await using var after = await ConnectAsync();
        Assert.Equal("fine", (await after.ExchangeAsync(site.Get())).Text);
    }

    private static async Task EndlessResponse(BackendConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        var chunk = Text.Bytes("8000\r\n" + new string('x', 0x8000) + "\r\n");
        while (true)
        {
            await connection.SendAsync(chunk);
        }
    }

    private static async Task GoToAsync(Phase phase, RawClient client, Site site)
    {
        switch (phase)
        {
            case Phase.WithinTheHead:
                await client.SendAsync($"GET / HTTP/1.1\r\nHost: {site.Host}\r\nX-Ha");
                break;
            case Phase.AfterTheHead:
                await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: 100\r\n\r\n");
                break;
            case Phase.WithinTheBody:
                await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: 100000\r\n\r\n" + new string('x', 40_000));
                break;
            case Phase.WhileTheBackendThinks:
                await client.SendAsync(site.Get());
                break;
            case Phase.WhileTheResponseIsSent:
                await client.SendAsync(site.Get());
                await client.ReadResponseHeadAsync();
                await client.ReadBytesAsync(100_000);
                break;
            case Phase.AfterTheResponse:
                await client.ExchangeAsync(site.Get());
                break;
            case Phase.WithinAPipelinedRequest:
                await client.SendAsync(site.Get() + "GET / HTT");
                await client.ReadResponseAsync();
                break;
        }
    }

    private async Task<int> SettledOpenFilesAsync(ScriptedBackend backend)
    {
        await AssertAtRestAsync(backend, int.MaxValue);
        return Gateway.Process.OpenFileCount;
    }

    private async Task AssertAtRestAsync(ScriptedBackend backend, int openFiles)
    {
        await Eventually.TrueAsync(
            async () => (await Gateway.Process.ReadMetricsAsync()).Sum(Connections, "state=\"active\"") == 0,
            "the gauge of active connections returns to zero");
        // Kept backend connections, one a thread, and the admin server's own may remain.
        await Eventually.TrueAsync(() => backend.OpenConnections <= Environment.ProcessorCount, "abandoned backend connections are closed");
        await Eventually.TrueAsync(() => Gateway.Process.OpenFileCount <= (long)openFiles + Environment.ProcessorCount + 4, "no file descriptor leaks");
    }
}
