using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.UnitTests.Admin;

/// <summary>A model in which every member has a value, so that one that the configuration page forgets is found.</summary>
internal static class SampleModel
{
    private static readonly BackendId BackendKey = new("ns", "echo", "80", "service-upstream");

    private static readonly Certificate Certificate = new()
    {
        Name = "ns/secret",
        Fingerprint = "ab12",
        ChainPem = [.. "-----BEGIN CERTIFICATE-----"u8],
        KeyPem = [.. "-----BEGIN PRIVATE KEY-----"u8],
        Subject = "CN=h.test",
        DnsNames = ["h.test", "*.h.test"],
        NotBefore = DateTimeOffset.UnixEpoch,
        NotAfter = DateTimeOffset.UnixEpoch.AddYears(80),
    };

    private static readonly RedirectPolicy Redirect = new()
    {
        Status = 301,
        Location = Template.Parse("https://$host/"),
        Relative = true,
        WithPort = true,
        KeepQuery = true,
        Host = RedirectHost.HeaderAsSent,
    };

    private static readonly Route Route = new()
    {
        Origin = new RouteOrigin { Namespace = "ns", Name = "i", Host = "*.h.test", Path = "/", Service = "echo", ServicePort = "80" },
        Match = new RouteMatch
        {
            Path = new PathMatch(PathMatchKind.Regex, "/(a|b)") { IgnoreCase = true },
            Method = "GET",
            Headers = [new NamedValueMatch("x-a", ValueMatchKind.Exact, "1")],
            QueryParameters = [new NamedValueMatch("q", ValueMatchKind.Regex, ".+")],
        },
        Action = RouteAction.Forward.To(BackendKey),
        Denial = new DenialPolicy("because"),
        Cors = new CorsPolicy { AllowOrigins = ["*"], ExposeHeaders = "X-A" },
        Redirect = Redirect,
        HttpsRedirect = new HttpsRedirectPolicy { Always = true, Port = 8443 },
        SourceRanges = new SourceRangePolicy([AddressRange.Parse("10.0.0.0/8")], [AddressRange.Parse("2001:db8::/32")]),
        Limits = new LimitPolicy { Zone = "ns/i/uid", RequestsPerSecond = 5, Exempt = [AddressRange.Parse("10.0.0.0/8")] },
        BasicAuth = new BasicAuthPolicy { Realm = "the realm", Users = [new PasswordEntry("alice", "{PLAIN}s3cret")] },
        ExternalAuth = new ExternalAuthPolicy
        {
            Target = new SubrequestTarget(BackendKey, true, "auth.test", Template.Parse("/check?token=s3cret")),
            Method = "POST",
            Signin = Template.Parse("https://login.test/"),
            ResponseHeaders = ["X-User"],
            RequestHeaders = [new HeaderTemplate("X-Secret", Template.Parse("s3cret"))],
            RequestRedirect = Template.Parse("https://h.test/"),
            Cache = new AuthCachePolicy(Template.Parse("$remote_user"), [new AuthCacheDuration(200, TimeSpan.FromMinutes(5))]),
            KeepAlive = new AuthKeepAlivePolicy(10, 100, TimeSpan.FromSeconds(60)),
        },
        SatisfyAny = true,
        Rewrite = new RewritePolicy("/(.*)", Template.Parse("/$1"), Template.Parse("/p")),
        ResponseHeaders = new ResponseHeadersPolicy([new HeaderTemplate("X-B", Template.Parse("$host"))]),
        ErrorPages = new ErrorPagePolicy(new StatusList([404, 503]), InterceptsBackend: true),
        Substitute = BackendKey,
        ResponseRewrite = new ResponseRewritePolicy { Redirect = new("/a", "/b"), CookieDomain = new("a.test", "b.test"), CookiePath = new("/a", "/b") },
        Upstream = new UpstreamPolicy
        {
            Host = Template.Parse("h"),
            ConnectTimeout = TimeSpan.FromSeconds(1.5),
            Retry = new RetryPolicy { On = RetryOn.Error | RetryOn.Http503 },
        },
    };

    public static VirtualHost Host { get; } = new()
    {
        Name = "*.h.test",
        Aliases = [new HostAlias("a.test", HostAliasKind.Exact)],
        Routes =
        [
            Route,
            Route with { Action = new RouteAction.Redirect(Redirect) },
            Route with { Action = new RouteAction.Respond(404, "no_route") },
            Route with { Action = new RouteAction.Health() },
        ],
    };

    public static GatewayModel Full { get; } = new()
    {
        Listeners =
        [
            new Listener { Name = "http", Protocol = ListenerProtocol.Http, Port = 80, Hosts = TableOf(Host) },
            new Listener
            {
                Name = "https",
                Protocol = ListenerProtocol.Https,
                Port = 443,
                Hosts = TableOf(Host),
                Certificates = new CertificateTable(
                    ImmutableDictionary<string, Certificate?>.Empty.Add("h.test", Certificate).Add("x.test", null), Certificate),
            },
        ],
        Backends = ImmutableDictionary<BackendId, Backend>.Empty.Add(BackendKey, new Backend
        {
            Id = BackendKey,
            Name = "ns-echo-80",
            Endpoints = [new Endpoint("10.0.0.1", 8080), new Endpoint("2001:db8::1", 8080)],
            Dns = new DnsTarget("example.test.", 80),
            LoadBalancing = new LoadBalancing.ConsistentHashChoice(Template.Parse("$request_uri")),
        }),
        Settings = new GlobalSettings
        {
            RequestHeaders =
            [
                new HeaderTemplate("Authorization", Template.Parse("Bearer s3cret")),
                new HeaderTemplate("X-Api-Token", Template.Parse("s3cret")),
                new HeaderTemplate("Cookie", Template.Parse("$http_cookie")),
            ],
            ResponseHeaders = [new HeaderTemplate("X-Plain", Template.Parse("visible"))],
            HiddenResponseHeaders = ["x-hidden"],
            BindAddresses = [System.Net.IPAddress.Loopback],
            BlockedUserAgents = ["BadBot"],
            BlockedReferers = ["~spam"],
            Limits = new LimitSettings { Key = Template.Parse("$http_x") },
            BlockedClients = [AddressRange.Parse("192.0.2.0/24")],
            DefaultBackend = BackendKey,
            Compression = new CompressionSettings
            {
                Gzip = new ContentCodingSettings { Level = 1, MinLength = 256, Types = ["text/css"] },
                Brotli = new ContentCodingSettings { Level = 4, MinLength = 20, Types = ["text/css"] },
                GzipDisabledAgents = "MSIE",
            },
            AccessLog = new AccessLogSettings { SkipTargets = ["/ping"] },
        },
    };

    public static HostTable TableOf(params VirtualHost[] hosts) => new(hosts.ToImmutableDictionary(h => h.Name));
}
