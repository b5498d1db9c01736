using System.Collections.Immutable;
using System.Net;
using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;

namespace Portico.Benchmarks;

/// <summary>What the benchmarks of the proxy share: a browser's request, and a table of a thousand hosts that it is routed with.</summary>
internal sealed class BrowserRequest
{
    public const int Hosts = 1000;

    public static readonly byte[] Bytes = Encoding.ASCII.GetBytes(
        "GET /shop/items/42?sort=price HTTP/1.1\r\nHost: host-500.example.com\r\nConnection: keep-alive\r\n"
        + "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n"
        + "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n"
        + "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n");

    private static readonly BackendId Items = new("shop", "items", "80");

    public BrowserRequest()
    {
        Parse(Bytes, Head);
        Connection.SetPeer(ClientAddress.From(IPAddress.Parse("192.0.2.7")), 40000);
        Connection.LocalPort = 80;
        var backends = new BackendRegistry(1);
        Table = RoutingTable.Compile(Model(), null, backends, Metrics);
        Context.Begin(Head, Connection, CompiledSettings.Default, Table, 0);
        Context.NormalizePath();
        Context.Route = Table.Listeners[0].Find("host-500.example.com"u8)!.Match(Context.NormalizedPath, Head);
        Context.Backend = Context.Route!.DrawTarget(1)!.Backend;
        Context.Status = 200;
        ref var attempt = ref Context.AddAttempt("10.0.0.1:8080"u8.ToArray());
        attempt.Status = 200;
        attempt.ResponseMicroseconds = 1_000;
        attempt.ResponseLength = 98;
        Context.Finish(1_000_000, DateTime.UnixEpoch.Ticks);
    }

    public RequestHead Head { get; } = new();

    public ConnectionFacts Connection { get; } = new();

    public RequestContext Context { get; } = new();

    public RequestMetrics Metrics { get; } = new(new RequestMetricsOptions { Enabled = true }, 1);

    public RoutingTable Table { get; }

    public static ParseStatus Parse(byte[] bytes, RequestHead head)
    {
        var parser = new Http1RequestParser();
        return parser.Parse(bytes, bytes.Length, HeadLimits.Default, head);
    }

    private static GatewayModel Model()
    {
        var hosts = Enumerable.Range(0, Hosts).Select(i => new VirtualHost
        {
            Name = $"host-{i}.example.com",
            Routes = [Route($"host-{i}.example.com", "/shop/items"), Route($"host-{i}.example.com", "/shop"), Route($"host-{i}.example.com", "/")],
        });
        return new GatewayModel
        {
            Listeners =
            [
                new Listener { Name = "http", Protocol = ListenerProtocol.Http, Port = 80, Hosts = new HostTable(hosts.ToImmutableDictionary(host => host.Name)) },
            ],
            Backends = ImmutableDictionary<BackendId, Backend>.Empty.Add(
                Items, new Backend { Id = Items, Name = Items.ToString(), Endpoints = [new Endpoint("10.0.0.1", 8080)] }),
        };
    }

    private static Route Route(string host, string path) => new()
    {
        Origin = new RouteOrigin { Namespace = "shop", Name = "items", Host = host, Path = path, Service = "items", ServicePort = "80" },
        Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, path) },
        Action = RouteAction.Forward.To(Items),
    };
}
