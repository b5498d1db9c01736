using System.Collections.Immutable;
using System.Net;
using System.Text;
using Portico.Model;
using Portico.Net;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Observing.Output;
using Portico.Proxy.Serving;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests;

/// <summary>A data plane of one shard in this process, in front of one backend on a shard of its own.</summary>
internal sealed class AllocationGateway : IAsyncDisposable
{
    private readonly AllocationBackend _backend;
    private readonly DataPlane _dataPlane;
    private readonly DataPlaneObservers _observers;
    private readonly Written _errorLog;

    private AllocationGateway(AllocationBackend backend)
    {
        _backend = backend;
        _errorLog = new Written();
        var accessLog = new AccessLogWriter(new Unread(), 1, AccessLogWriter.DefaultRingBytes);
        var errorLog = new ErrorLogWriter(_errorLog, TimeProvider.System);
        accessLog.Start();
        errorLog.Start();
        _observers = new DataPlaneObservers(1, new RequestMetricsOptions { Enabled = true }, accessLog, errorLog);
        _dataPlane = new DataPlane(new DataPlaneOptions { Shards = 1, BindAddresses = [IPAddress.Loopback] }, _observers);
    }

    public int Port => _dataPlane.Ports[0];

    /// <summary>What the error log says.</summary>
    public string Errors => _errorLog.Text;

    /// <param name="model">What is served, in front of a backend on that port; null for a plain route.</param>
    public static async Task<AllocationGateway> StartAsync(AllocationBackend.Answer answer, Func<int, GatewayModel>? model = null)
    {
        var gateway = new AllocationGateway(await AllocationBackend.StartAsync(answer));
        gateway._dataPlane.Publish((model ?? ModelOf)(gateway._backend.Port));
        return gateway;
    }

    public Task<long> AllocatedOnShardAsync() => _dataPlane.Shards[0].InvokeAsync(GC.GetAllocatedBytesForCurrentThread).Within("the shard answers");

    /// <summary>Requests that were counted and logged.</summary>
    public async Task<long> RequestsAsync()
    {
        var lines = await _dataPlane.Shards[0].InvokeAsync(() => _observers.AccessLog.Lines);
        var counted = await _dataPlane.Shards[0].InvokeAsync(() => _observers.Proxy.Counters(0).Requests);
        return Math.Min(lines, counted);
    }

    public async ValueTask DisposeAsync()
    {
        await _dataPlane.StopAsync(TimeSpan.Zero);
        _observers.AccessLog.Stop(Limits.Step);
        _observers.ErrorLog.Stop(Limits.Step);
        _backend.Dispose();
    }

    private static GatewayModel ModelOf(int backendPort)
    {
        var id = new BackendId("default", "coffee", "80");
        var route = new Route
        {
            Origin = new RouteOrigin { Namespace = "default", Name = "cafe", Host = "cafe.example.com", Path = "/", Service = "coffee", ServicePort = "80" },
            Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/") },
            Action = RouteAction.Forward.To(id),
        };
        // A large body that is taken in goes to disk, by the thread pool; one that streams stays on the shard.
        var streaming = route with
        {
            Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/stream") },
            Upstream = route.Upstream with { RequestBuffering = false },
        };
        var host = new VirtualHost { Name = "cafe.example.com", Routes = [streaming, route] };
        var table = new HostTable(ImmutableDictionary<string, VirtualHost>.Empty.Add(host.Name, host));
        var backend = new Backend { Id = id, Name = id.ToString(), Endpoints = [new Endpoint("127.0.0.1", backendPort)] };
        var settings = new GlobalSettings();
        return new GatewayModel
        {
            Listeners = [new Listener { Name = "http", Protocol = ListenerProtocol.Http, Port = 0, Hosts = table }],
            Backends = ImmutableDictionary<BackendId, Backend>.Empty.Add(id, backend),
            Settings = settings with
            {
                // Connections that reach their number of requests are replaced, and a new one does allocate.
                Client = settings.Client with { KeepAliveRequests = int.MaxValue },
                UpstreamPool = settings.UpstreamPool with { Requests = int.MaxValue },
                AccessLog = settings.AccessLog with { LogDefaultBackend = true },
            },
        };
    }

    /// <summary>Takes all lines at once, like a file.</summary>
    private sealed class Unread : ILogOutput
    {
        public void Refresh()
        {
        }

        public int Write(ReadOnlySpan<byte> bytes) => bytes.Length;
    }

    private sealed class Written : ILogOutput
    {
        private readonly StringBuilder _text = new();

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public void Refresh()
        {
        }

        public int Write(ReadOnlySpan<byte> bytes)
        {
            lock (_text)
            {
                _text.Append(Encoding.Latin1.GetString(bytes));
            }

            return bytes.Length;
        }
    }
}
