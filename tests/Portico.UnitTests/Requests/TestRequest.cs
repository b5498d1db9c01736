using System.Net;
using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Requests;

/// <summary>Builds requests from text, as they stand when policies see them: parsed, path normalised, route found.</summary>
internal static class TestRequest
{
    public static Route PlainRoute { get; } = new()
    {
        Origin = new RouteOrigin
        {
            Namespace = "shop", Name = "web", Host = "h.test", Path = "/p", Service = "echo", ServicePort = "http",
        },
        Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/") },
        Action = RouteAction.Forward.To(new BackendId("shop", "echo", "80")),
    };

    /// <param name="text">Lines of a head without the last empty one; LF stands for CRLF.</param>
    public static RequestHead Parse(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text.TrimEnd('\n').ReplaceLineEndings("\r\n") + "\r\n\r\n");
        var head = new RequestHead();
        var parser = new Http1RequestParser();
        Assert.Equal(ParseStatus.Done, parser.Parse(bytes, bytes.Length, HeadLimits.Default, head));
        return head;
    }

    public static ConnectionFacts Connection(string peer = "127.0.0.1", int localPort = 8080, bool tls = false, ProxyAnnouncement? proxy = null)
    {
        var facts = new ConnectionFacts
        {
            Local = Address("127.0.0.9"),
            LocalPort = localPort,
            IsTls = tls,
            TlsProtocol = tls ? "TLSv1.3"u8.ToArray() : [],
            TlsCipher = tls ? "TLS_AES_256_GCM_SHA384"u8.ToArray() : [],
            TlsServerName = tls ? "h.test"u8.ToArray() : [],
            Proxy = proxy,
            Serial = 77,
            Requests = 3,
        };
        facts.SetPeer(Address(peer), 40000);
        return facts;
    }

    public static RequestContext Read(
        string text, GlobalSettings? settings = null, Route? route = null, ConnectionFacts? connection = null, RoutingTable? routes = null)
    {
        var context = new RequestContext();
        Begin(context, text, settings, route, connection, routes);
        return context;
    }

    public static void Begin(
        RequestContext context, string text, GlobalSettings? settings = null, Route? route = null, ConnectionFacts? connection = null, RoutingTable? routes = null)
    {
        settings ??= new GlobalSettings();
        context.Begin(Parse(text), connection ?? Connection(), CompiledSettings.For(settings), routes, startedTimestamp: 0);
        Assert.True(context.NormalizePath());
        if (route is not null)
        {
            context.Route = new CompiledRoute(route, RoutePolicies.Compile(route, settings));
        }
    }

    /// <summary>A GET for the path with further header lines.</summary>
    public static string Get(string target = "/", params string[] headers) =>
        $"GET {target} HTTP/1.1\nHost: h.test\n" + string.Join('\n', headers);

    public static ClientAddress Address(string text) => ClientAddress.From(IPAddress.Parse(text));

    public static Template Text(string text) => Template.Parse(text);

    public static RedirectPolicy RedirectTo(string location, int status = 302) => new() { Status = status, Location = Text(location) };

    public static string Ascii(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

/// <summary>Keeps the headers that are written, in order.</summary>
internal sealed class WrittenHeaders : IHeaderWriter
{
    public List<(string Name, string Value)> All { get; } = [];

    /// <summary>The only value of a header; fails when there are several, null when there is none.</summary>
    public string? this[string name] => All.SingleOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public IEnumerable<string> Names => All.Select(h => h.Name);

    public int Count(string name) => All.Count(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => All.Add((TestRequest.Ascii(name), TestRequest.Ascii(value)));
}
