using System.Globalization;
using System.Net.Sockets;
using Portico.TestKit.Backends;
using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Cluster;

/// <summary>Changes of the cluster, and of the gateway itself, under requests that must not notice.</summary>
public class ContinuityTests
{
    private const int Changes = 200;

    [Fact]
    public async Task Two_hundred_changes_are_each_seen_and_no_request_fails_meanwhile()
    {
        await using var first = new ScriptedBackend(Scripts.Body("first"), "first");
        await using var second = new ScriptedBackend(Scripts.Body("second"), "second");
        TestCertificate[] certificates = [TestCertificate.For("tls.test"), TestCertificate.For("tls.test")];
        await using var gateway = await ClusterGateway.StartAsync(g =>
        {
            g.Expose("steady", "steady.test");
            g.Expose("tls", "tls.test", "tls");
            g.Server.Put(Manifest.TlsSecret("tls", certificates[1]));
            g.Server.Put(Manifest.Service("moves", 80, EndpointOf(second)));
            g.Server.Put(Manifest.Ingress("moves", "moves.test", [new IngressPath("moves")]));
            g.Server.Put(Manifest.Service("ports", 81, EndpointOf(first)));
            g.Server.Put(Manifest.Ingress("ports", "ports.test", [new IngressPath("ports")]));
        });
        await using var steady = new Asking(() => gateway.Process, "steady.test");
        await using var moving = new Asking(() => gateway.Process, "moves.test");
        for (var i = 0; i < Changes; i++)
        {
            var odd = i / 4 % 2 == 1;
            switch (i % 4)
            {
                case 0:
                    var host = string.Create(CultureInfo.InvariantCulture, $"turn-{i}.test");
                    gateway.Expose("turn", host);
                    await gateway.AnswersAsync(host, 200);
                    break;
                case 1:
                    gateway.Server.Put(Manifest.EndpointSlice("moves", 0, EndpointOf(odd ? second : first)));
                    await Eventually.TrueAsync(async () => await TextOfAsync(gateway.Process, "moves.test") == (odd ? "second" : "first"), "the endpoint has moved");
                    break;
                case 2:
                    gateway.Server.Put(Manifest.Service("ports", odd ? 81 : 80));
                    await gateway.AnswersAsync("ports.test", odd ? 503 : 200);
                    break;
                default:
                    var wanted = certificates[odd ? 1 : 0];
                    gateway.Server.Put(Manifest.TlsSecret("tls", wanted));
                    await Eventually.TrueAsync(async () => await ThumbprintAsync(gateway) == wanted.Thumbprint, "the certificate has changed");
                    break;
            }
        }

        await steady.StopAsync();
        await moving.StopAsync();
        Assert.Empty(steady.Failures.Concat(moving.Failures));
        Assert.True(steady.Answers > 0 && moving.Answers > 0);
    }

    [Fact]
    public async Task A_rolling_update_loses_no_request()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"), "--shutdown-grace-period=3");
        var old = gateway.Process;
        await using var balancer = new Balancer(old);
        await using var keeping = new Asking(() => balancer.Pick(), "one.test");
        await using var renewing = new Asking(() => balancer.Pick(), "one.test", keepAlive: false);
        await using var young = await gateway.StartProcessAsync("gateway-1", "--shutdown-grace-period=3");
        balancer.Add(young);
        await Eventually.TrueAsync(() => keeping.Answers > 20 && renewing.Answers > 20, "requests flow");

        old.Terminate();
        await Eventually.TrueAsync(() => !balancer.Uses(old), "the balancer has seen that the old one is not ready");
        Assert.False(old.HasExited);
        Assert.Equal(0, await old.WaitForExitAsync());
        var (kept, renewed) = (keeping.Answers, renewing.Answers);
        await Eventually.TrueAsync(() => keeping.Answers > kept + 20 && renewing.Answers > renewed + 20, "requests flow on through the new one");

        await keeping.StopAsync();
        await renewing.StopAsync();
        Assert.Empty(keeping.Failures.Concat(renewing.Failures));
    }

    private static ServiceEndpoint EndpointOf(ScriptedBackend backend) => new(backend.EndPoint.Address.ToString(), backend.Port);

    private static async Task<string> TextOfAsync(PorticoProcess process, string host)
    {
        await using var client = await process.ConnectAsync();
        return (await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).Text;
    }

    private static async Task<string> ThumbprintAsync(ClusterGateway gateway)
    {
        await using var client = await gateway.Process.ConnectTlsAsync("tls.test");
        return client.ServerCertificate!.Thumbprint;
    }

    /// <summary>Sends new connections to the gateways whose /readyz says 200, as a Service does.</summary>
    private sealed class Balancer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Lock _gate = new();
        private readonly List<PorticoProcess> _known;
        private readonly Task _running;
        private PorticoProcess[] _ready;
        private int _turn;

        public Balancer(PorticoProcess first)
        {
            (_known, _ready) = ([first], [first]);
            _running = Task.Run(LookAsync);
        }

        public void Add(PorticoProcess process)
        {
            lock (_gate)
            {
                _known.Add(process);
            }
        }

        public bool Uses(PorticoProcess process) => Volatile.Read(ref _ready).Contains(process);

        public PorticoProcess Pick() => Volatile.Read(ref _ready) is var ready && ready.Length > 0
            ? ready[(uint)Interlocked.Increment(ref _turn) % ready.Length] : throw new IOException("no gateway is ready");

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }

        private async Task LookAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                PorticoProcess[] known;
                lock (_gate)
                {
                    known = [.. _known];
                }

                var ready = new List<PorticoProcess>();
                foreach (var process in known)
                {
                    if (await process.StatusOfAsync("/readyz") == 200)
                    {
                        ready.Add(process);
                    }
                }

                Volatile.Write(ref _ready, [.. ready]);
                await Task.Delay(20, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// A client that asks without pause. A kept connection that ends before a byte of the answer is asked again on a new one, as
    /// RFC 9112, section 9.3.1, has clients do; anything else that is not 200 is a lost request.
    /// </summary>
    private sealed class Asking : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Func<PorticoProcess> _pick;
        private readonly string _request;
        private readonly Task _running;
        private RawClient? _client;
        private int _answers;

        public Asking(Func<PorticoProcess> pick, string host, bool keepAlive = true)
        {
            _pick = pick;
            _request = $"GET / HTTP/1.1\r\nHost: {host}\r\n{(keepAlive ? "" : "Connection: close\r\n")}\r\n";
            _running = Task.Run(AskAsync);
        }

        public int Answers => Volatile.Read(ref _answers);

        /// <summary>Read after <see cref="StopAsync"/>.</summary>
        public List<string> Failures { get; } = [];

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _running;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await CloseAsync();
            _stop.Dispose();
        }

        private async Task AskAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                var kept = _client is not null;
                try
                {
                    _client ??= await _pick().ConnectAsync();
                    var answer = await _client.ExchangeAsync(_request);
                    Interlocked.Increment(ref _answers);
                    if (answer.Status != 200)
                    {
                        Failures.Add(answer.ToString());
                    }

                    if (answer.AnnouncesClose)
                    {
                        await CloseAsync();
                    }
                }
                catch (Exception error) when (error is IOException or SocketException or ProtocolException)
                {
                    if (!kept)
                    {
                        Failures.Add(error.Message);
                    }

                    await CloseAsync();
                }
            }
        }

        private async Task CloseAsync()
        {
            if (_client is { } client)
            {
                _client = null;
                await client.DisposeAsync();
            }
        }
    }
}
