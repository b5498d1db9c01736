using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

[assembly: AssemblyFixture(typeof(Portico.BehaviourTests.Fixtures))]

namespace Portico.BehaviourTests;

/// <summary>The backends, Services and Secrets that every case finds: see <c>cases/README.md</c>. Shared by all cases, alive as long as the run.</summary>
public sealed partial class Fixtures : IAsyncDisposable
{
    private static readonly string[] Single = ["a", "b", "c"];
    private static readonly string[] Many = ["many-0", "many-1", "many-2"];

    private readonly Dictionary<string, ScriptedBackend> _backends = Single.Concat(Many)
        .ToDictionary(name => name, name => new ScriptedBackend(Obedient(name), name));

    private readonly Dictionary<string, TestCertificate> _certificates = new()
    {
        ["tls-shop"] = TestCertificate.For("shop.test", "*.shop.test"),
        ["tls-other"] = TestCertificate.For("other.test"),
    };

    private readonly TestCertificate _authority = TestCertificate.Authority("ca-shop");

    private readonly TestCertificate _otherAuthority = TestCertificate.Authority("ca-other");

    private readonly Dictionary<string, TestCertificate> _clients;

    private readonly ConcurrentDictionary<string, int> _tcpPorts = new();

    private readonly int _refusingPort = FreePorts.Next();

    public Fixtures() => _clients = new()
    {
        ["client-shop"] = _authority.Issue("client-shop"),
        ["client-other"] = _otherAuthority.Issue("client-other"),
    };

    /// <summary>The port of a TCP service of a case: free, and another one for each name.</summary>
    public int TcpPort(string name) => _tcpPorts.GetOrAdd(name, _ => FreePorts.Next());

    /// <summary>The certificate that a case's client shows.</summary>
    public TestCertificate? ClientCertificate(string? name) => name is null ? null : _clients[name];

    /// <summary>The manifests of the fixtures, one file.</summary>
    public string Manifests => Manifest.Join(
    [
        .. Single.Select(name => Manifest.Service(name, 80, At(name))),
        Manifest.Service("many", 80, Many.Select(At)),
        Manifest.Service("empty", 80),
        Manifest.Service("down", 80, new ServiceEndpoint("127.0.0.1", _refusingPort)),
        .. _certificates.Select(c => Manifest.TlsSecret(c.Key, c.Value)),
        Manifest.Secret("ca-shop", "Opaque", new Dictionary<string, string> { ["ca.crt"] = _authority.CertificatePem }),
        Manifest.Secret("ca-other", "Opaque", new Dictionary<string, string> { ["ca.crt"] = _otherAuthority.CertificatePem }),
    ]);

    /// <summary>Replaces <c>${port:a}</c> by the port that backend a listens on, <c>${tcp:door}</c> by <see cref="TcpPort"/>, <c>${crt:tls-shop}</c> and <c>${key:tls-shop}</c> by the data of that Secret.</summary>
    public string Fill(string manifests) =>
        Placeholder().Replace(manifests, m => (m.Groups[1].Value, m.Groups[2].Value) switch
        {
            ("port", var name) => _backends[name].Port.ToString(CultureInfo.InvariantCulture),
            ("tcp", var name) => TcpPort(name).ToString(CultureInfo.InvariantCulture),
            ("ca", var name) => Convert.ToBase64String(Text.Bytes((name == "ca-shop" ? _authority : _otherAuthority).CertificatePem)),
            ("crt", var name) => Convert.ToBase64String(Text.Bytes(_certificates[name].CertificatePem)),
            (_, var name) => Convert.ToBase64String(Text.Bytes(_certificates[name].KeyPem)),
        });

    /// <summary>The Secret that holds the certificate with this thumbprint, null when none does.</summary>
    public string? SecretOf(string thumbprint) => _certificates.FirstOrDefault(c => c.Value.Thumbprint == thumbprint).Key;

    /// <summary>The backend that got the request with this mark, and the request; the first of several, or the one named <paramref name="at"/>.</summary>
    public (string Backend, ReceivedRequest Request)? Find(string mark, string? at) =>
        _backends
            .Where(b => at is null || b.Key == at)
            .SelectMany(b => b.Value.Requests.Where(r => r.Head.All(CaseRunner.MarkHeader).Contains(mark)).Select(r => ((string, ReceivedRequest)?)(b.Key, r)))
            .FirstOrDefault();

    public async ValueTask DisposeAsync()
    {
        foreach (var backend in _backends.Values)
        {
            await backend.DisposeAsync();
        }
    }

    // Answers 200 with its name, or whatever the request's X-Answer-Status and X-Answer-Header ask for.
    private static BackendScript Obedient(string name) => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        var status = request.Head["X-Answer-Status"] ?? "200";
        var headers = string.Concat(request.Head.All("X-Answer-Header").Select(h => h + "\r\n"));
        var body = $"served by {name}";
        var withoutBody = request.Method == "HEAD" || status is "204" or "304";
        await connection.SendAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} Status\r\nContent-Type: text/plain\r\n{headers}{(status is "204" or "304" ? "" : $"Content-Length: {body.Length}\r\n")}\r\n{(withoutBody ? "" : body)}"));
    };

    private ServiceEndpoint At(string backend) => new("127.0.0.1", _backends[backend].Port);

    [GeneratedRegex(@"\$\{(port|tcp|ca|crt|key):([a-z0-9-]+)\}")]
    private static partial Regex Placeholder();
}
