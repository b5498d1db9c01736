using System.Globalization;
using System.Text;
using Portico.DataPlaneTests.Gateways;
using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.TestKit.Wire;
using Xunit;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.DataPlaneTests;

/// <summary>That a policy costs a request no allocation in the steady state either; the routes come from annotations, as users write them.</summary>
[Collection(Alone.Name)]
public class PolicyAllocationTests
{
    private const string Host = "cafe.example.com";
    private const string Prefix = "nginx.ingress.kubernetes.io/";

    /// <summary>alice:secret</summary>
    private const string Credentials = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";

    private static readonly byte[] End = Encoding.ASCII.GetBytes(new string('p', 98));

    /// <summary>Name, annotations as "name=value" in lines, and further header lines of the request.</summary>
    public static TheoryData<string, string, string> Policies => new()
    {
        { "rate limits", "limit-rps=100000000\nlimit-rpm=1000000000", "" },
        { "a connection limit", "limit-connections=10000", "" },
        { "an allow list", "whitelist-source-range=10.0.0.0/8,127.0.0.0/8", "" },
        { "a deny list", "denylist-source-range=10.0.0.0/8", "" },
        { "kept answers of an authentication service", "auth-url=http://127.0.0.1:{port}/check\nauth-cache-key=$http_x_user\nauth-cache-duration=200 1h\nauth-response-headers=Content-Type", "X-User: alice\r\n" },
        { "a password with a cheap hash", "auth-type=basic\nauth-secret=default/cheap\nauth-realm=cafe", Credentials },
        { "a password that is known", "auth-type=basic\nauth-secret=default/users\nauth-realm=cafe", Credentials },
        { "a new session", "affinity=cookie", "" },
        { "a session", "affinity=cookie", "Cookie: INGRESSCOOKIE=1700000000.000.10.1|0123456789abcdef0123456789abcdef\r\n" },
        { "a persistent session", "affinity=cookie\naffinity-mode=persistent", "Cookie: INGRESSCOOKIE=1700000000.000.10.1|0123456789abcdef0123456789abcdef\r\n" },
        { "hashing", "upstream-hash-by=$request_uri$http_x_user", "X-User: alice\r\n" },
        { "ewma", "load-balance=ewma", "" },
        { "CORS", "enable-cors=true\ncors-allow-origin=https://shop.test", "Origin: https://shop.test\r\n" },
        { "custom headers", "custom-headers=default/headers", "" },
        { "a rewrite by an expression", "use-regex=true\nrewrite-target=/$2\nx-forwarded-prefix=/coffee", "" },
        { "an own Host for the backend", "upstream-vhost=$service_name.$namespace.svc", "" },
        { "rewritten redirects and cookies", "proxy-redirect-from=http://inner/\nproxy-redirect-to=https://outer/\nproxy-cookie-domain=a b\nproxy-cookie-path=/a /b", "" },
        { "responses that are read ahead", "proxy-buffering=on", "" },
        { "error pages", "custom-http-errors=404,503", "" },
        { "a canary by weight", "canary:canary-weight=50", "" },
        { "a canary by header", "canary:canary-by-header=X-Canary", "X-Canary: always\r\n" },
        { "a canary by pattern and cookie", "canary:canary-by-header=X-Canary\ncanary:canary-by-header-pattern=^a[bc]+$\ncanary:canary-by-cookie=next", "X-Canary: abcb\r\nCookie: next=never\r\n" },
        {
            "many at once",
            "limit-rps=100000000\nlimit-connections=10000\nenable-cors=true\ncustom-headers=default/headers\naffinity=cookie\nsession-cookie-path=/\nauth-type=basic\nauth-secret=default/users\nsatisfy=any\nwhitelist-source-range=10.0.0.0/8\nproxy-buffering=on\nuse-regex=true\nrewrite-target=/$2",
            Credentials + "Origin: https://shop.test\r\n"
        },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task A_policy_allocates_nothing_for_a_request_in_the_steady_state(string name, string annotations, string headers)
    {
        await using var gateway = await AllocationGateway.StartAsync(AllocationBackend.Answer.Announced, port => ModelOf(annotations, port));
        var request = $"GET /coffee/a?x=1 HTTP/1.1\r\nHost: {Host}\r\nUser-Agent: Mozilla/5.0\r\n{headers}\r\n";
        using var clients = new AllocationClients(gateway.Port, Text.Bytes(request), End);
        var perRequest = await AllocationMeasurement.BytesARequestAsync(gateway, clients);

        Assert.True(perRequest < 0.5, $"{name}: {perRequest:F2} bytes a request");
        Assert.Equal("", gateway.Errors);
    }

    private static GatewayModel ModelOf(string annotations, int port)
    {
        var lines = annotations.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Split('\n').Select(l => l.Split('=', 2)).ToArray();
        var own = lines.Where(l => !l[0].StartsWith("canary:", StringComparison.Ordinal)).Where(l => l[0].Length > 0);
        var canary = lines.Where(l => l[0].StartsWith("canary:", StringComparison.Ordinal)).Select(l => (string[])[l[0][7..], l[1]]).ToArray();
        var path = own.Any(l => l[0] == "use-regex") ? "/coffee(/|$)(.*)" : "/";
        KubernetesObject[] objects =
        [
            new IngressClass { Metadata = new ObjectMeta { Name = "nginx" }, Spec = new IngressClassSpec { Controller = "k8s.io/ingress-nginx" } },
            new ConfigMap { Metadata = MetaOf("config"), Data = new Dictionary<string, string> { ["global-allowed-response-headers"] = "X-Frame-Options,X-Id" } },
            new ConfigMap { Metadata = MetaOf("headers"), Data = new Dictionary<string, string> { ["X-Frame-Options"] = "DENY", ["X-Id"] = "cafe" } },
            new Secret { Metadata = MetaOf("cheap"), Type = "Opaque", Data = new Dictionary<string, byte[]> { ["auth"] = "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"u8.ToArray() } },
            new Secret { Metadata = MetaOf("users"), Type = "Opaque", Data = new Dictionary<string, byte[]> { ["auth"] = "alice:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n"u8.ToArray() } },
            IngressOf("main", "coffee", path, own),
            .. canary.Length == 0 ? [] : new[] { IngressOf("next", "tea", path, canary.Prepend(["canary", "true"])) },
            .. ServiceOf("coffee", port),
            .. ServiceOf("tea", port),
        ];
        var cache = new ResourceCache();
        ResourceChange[] changes = [.. objects.Select(o => new ResourceChange(null, o))];
        cache.Apply(changes);
        var translated = new IngressTranslator(new IngressOptions { ConfigMap = new NamespacedName("default", "config") }).Apply(changes, cache);
        Assert.Empty(translated.Findings.Values.SelectMany(f => f));
        var model = translated.Model;
        return model with
        {
            Listeners = [model.Listeners[0] with { Port = 0 }],
            Settings = model.Settings with
            {
                Client = model.Settings.Client with { KeepAliveRequests = int.MaxValue },
                UpstreamPool = model.Settings.UpstreamPool with { Requests = int.MaxValue },
            },
        };
    }

    private static ObjectMeta MetaOf(string name) => new() { Namespace = "default", Name = name };

    private static IngressObject IngressOf(string name, string service, string path, IEnumerable<string[]> annotations) => new()
    {
        Metadata = MetaOf(name) with { Annotations = annotations.ToDictionary(l => Prefix + l[0], l => l[1]) },
        Spec = new IngressSpec
        {
            IngressClassName = "nginx",
            Rules =
            [
                new IngressRule
                {
                    Host = Host,
                    Http = new HttpIngressRuleValue
                    {
                        Paths =
                        [
                            new HttpIngressPath
                            {
                                Path = path,
                                PathType = "ImplementationSpecific",
                                Backend = new IngressBackend { Service = new IngressServiceBackend { Name = service, Port = new ServiceBackendPort { Number = 80 } } },
                            },
                        ],
                    },
                },
            ],
        },
    };

    private static KubernetesObject[] ServiceOf(string name, int port) =>
    [
        new Service { Metadata = MetaOf(name), Spec = new ServiceSpec { ClusterIP = "10.0.0.1", Ports = [new ServicePort { Name = "http", Port = 80, TargetPort = "http" }] } },
        new EndpointSlice
        {
            Metadata = MetaOf(name + "-1") with { Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = name } },
            AddressType = "IPv4",
            Ports = [new EndpointPort { Name = "http", Port = port }],
            Endpoints = [new SliceEndpoint { Addresses = ["127.0.0.1"] }],
        },
    ];
}
