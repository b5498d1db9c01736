using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Xunit;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.UnitTests.IngressTranslation;

/// <summary>A cluster in memory: objects come and go, <see cref="Apply"/> hands the changes to a translator.</summary>
internal sealed class TestCluster : IResourceView
{
    public static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<ObjectKey, KubernetesObject> _objects = [];
    private readonly List<ResourceChange> _changes = [];
    private readonly IngressTranslator _translator;

    public TestCluster(IngressOptions? options = null, TimeProvider? clock = null)
    {
        _translator = new IngressTranslator((options ?? new IngressOptions()) with { ConfigMap = new NamespacedName("system", "config") }, clock);
        Add(new IngressClass { Metadata = new ObjectMeta { Name = "nginx" }, Spec = new IngressClassSpec { Controller = "k8s.io/ingress-nginx" } });
    }

    public GatewayModel Model => Result.Model;

    public TranslationResult Result { get; private set; } = null!;

    public HostTable Hosts => Model.Listeners[0].Hosts;

    public CertificateTable Certificates => Model.Listeners[1].Certificates!;

    public TestCluster Add(KubernetesObject added)
    {
        _changes.Add(new ResourceChange(_objects.GetValueOrDefault(added.Key), added));
        _objects[added.Key] = added;
        return this;
    }

    public TestCluster Delete(KubernetesObject gone)
    {
        _objects.Remove(gone.Key, out var old);
        _changes.Add(new ResourceChange(old, null));
        return this;
    }

    public TranslationResult Apply()
    {
        var before = Result?.Model;
        Result = _translator.Apply([.. _changes], this);
        _changes.Clear();
        if (before is not null && !ReferenceEquals(before, Model))
        {
            // Whatever a test is about: what the model tells as changed holds everything that differs, or routes would be stale.
            AssertTold(before.Backends, Model.Backends, Model.BackendChange);
            AssertTold(before.Listeners[0].Hosts.Hosts, Hosts.Hosts, Hosts.Change);
            AssertTold(before.Listeners[1].Certificates!.ByServerName, Certificates.ByServerName, Certificates.Change);
        }

        Assert.Equal(Enum.GetValues<FindingSeverity>().Select(s => Result.Findings.Values.Sum(f => f.Count(x => x.Severity == s))), Result.Counts);
        return Result;
    }

    private static void AssertTold<TKey, TValue>(ImmutableDictionary<TKey, TValue> before, ImmutableDictionary<TKey, TValue> now, TableChange<TKey, TValue>? change)
        where TKey : notnull
    {
        if (ReferenceEquals(before, now))
        {
            return;
        }

        Assert.True(change!.IsAllSince(before), "the change begins at the model before");
        var differing = now.Where(e => !before.TryGetValue(e.Key, out var old) || !ReferenceEquals(old, e.Value)).Select(e => e.Key)
            .Concat(before.Keys.Where(key => !now.ContainsKey(key)));
        Assert.Empty(differing.Except(change.Keys));
        Assert.Distinct(change.Keys);
    }

    public bool LookAtCertificates() => _translator.LookAtCertificates();

    public T? Find<T>(string ns, string name) where T : KubernetesObject =>
        _objects.Values.OfType<T>().FirstOrDefault(o => o.Metadata.Namespace == ns && o.Metadata.Name == name);

    public IEnumerable<T> All<T>() where T : KubernetesObject => _objects.Values.OfType<T>();

    public IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service) =>
        [.. All<EndpointSlice>().Where(s => s.Metadata.Namespace == ns && s.Metadata.Labels.GetValueOrDefault(EndpointSlice.ServiceNameLabel) == service)];

    public VirtualHost Host(string name) => Hosts.Hosts[name];

    /// <summary>The routes of a host, one text each: kind, path, what it does.</summary>
    public string[] Routes(string host) => [.. Host(host).Routes.Select(Describe)];

    public Route Route(string host, string path) => Host(host).Routes.First(r => r.Match.Path.Value == path);

    public Finding[] FindingsOf(string kind, string name, string ns = "default") =>
        Result.Findings.TryGetValue(new ObjectReference(kind, ns, name), out var findings) ? [.. findings] : [];

    public TestCluster Config(params (string Key, string Value)[] data) => Add(Map("system", "config", data));

    public static ConfigMap Map(string ns, string name, params (string Key, string Value)[] data) => new()
    {
        Metadata = new ObjectMeta { Namespace = ns, Name = name },
        Data = data.ToDictionary(d => d.Key, d => d.Value),
    };

    /// <summary>An Ingress of class nginx in namespace default.</summary>
    public static IngressObject IngressOf(string name, IngressRule[] rules, params (string Name, string Value)[] annotations) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "default",
            Name = name,
            CreationTimestamp = Epoch,
            Annotations = annotations.ToDictionary(a => a.Name.Contains('/') ? a.Name : "nginx.ingress.kubernetes.io/" + a.Name, a => a.Value),
        },
        Spec = new IngressSpec { IngressClassName = "nginx", Rules = rules },
    };

    public static IngressRule Rule(string host, params HttpIngressPath[] paths) =>
        new() { Host = host, Http = new HttpIngressRuleValue { Paths = paths.Length == 0 ? [Path("/")] : paths } };

    public static HttpIngressPath Path(string path, string? type = "Prefix", string service = "echo-a", int port = 80) =>
        new() { Path = path, PathType = type, Backend = To(service, port) };

    public static IngressBackend To(string service, int port = 80) =>
        new() { Service = new IngressServiceBackend { Name = service, Port = new ServiceBackendPort { Number = port } } };

    public static Service Service(string name, string ns = "default", params ServicePort[] ports) => new()
    {
        Metadata = new ObjectMeta { Namespace = ns, Name = name },
        Spec = new ServiceSpec { ClusterIP = "10.96.0.1", Ports = ports.Length == 0 ? [new ServicePort { Name = "http", Port = 80, TargetPort = "8080" }] : ports },
    };

    public static EndpointSlice Slice(string service, string name, EndpointPort[] ports, params string[] addresses) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "default",
            Name = name,
            Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = service },
        },
        Ports = ports,
        Endpoints = [.. addresses.Select(a => new SliceEndpoint { Addresses = [a] })],
    };

    public static EndpointSlice Slice(string service, params string[] addresses) =>
        Slice(service, service + "-1", [new EndpointPort { Name = "http", Port = 8080 }], addresses);

    public static Secret TlsSecret(string name, string[] dnsNames, string? commonName = null, int days = 100, Secret? keyOf = null, byte[]? features = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName ?? "test"}", key, HashAlgorithmName.SHA256);
        if (dnsNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            Array.ForEach(dnsNames, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        if (features is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("1.3.6.1.5.5.7.1.24", features, critical: false));
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-200), DateTimeOffset.UtcNow.AddDays(days));
        return new Secret
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = name },
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]>
            {
                ["tls.crt"] = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()),
                ["tls.key"] = keyOf?.Data["tls.key"] ?? Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()),
            },
        };
    }

    public static IngressObject WithTls(IngressObject ingress, params IngressTls[] tls) => ingress with { Spec = ingress.Spec with { Tls = tls } };

    public static IngressObject Aged(IngressObject ingress, int days) =>
        ingress with { Metadata = ingress.Metadata with { CreationTimestamp = Epoch.AddDays(days) } };

    private static string Describe(Route route)
    {
        var action = route.Action switch
        {
            RouteAction.Forward forward => forward.Backends[0].Backend.Service,
            RouteAction.Redirect redirect => $"{redirect.Policy.Status} {redirect.Policy.Location}",
            RouteAction.Respond respond => $"{respond.Status}",
            RouteAction.ServerStatus => "status",
            _ => "health",
        };
        return $"{route.Match.Path.Kind} {route.Match.Path.Value} -> {action}";
    }
}
