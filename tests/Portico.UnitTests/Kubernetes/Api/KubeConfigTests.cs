using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Kubernetes.Api.Configuration;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-kubeconfig-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_current_context_leads_to_server_and_token()
    {
        var found = Find(Config("server: https://api.test:6443/", "token: abc"));

        Assert.Equal("https://api.test:6443/", found.Server.AbsoluteUri);
        Assert.Equal("Bearer abc", (await found.Credential.GetAsync(TestContext.Current.CancellationToken))!.ToString());
        Assert.Equal("team", found.Namespace);
    }

    [Fact]
    public void Another_context_can_be_asked_for() =>
        Assert.Equal("https://second.test/", Find(Config("server: https://first.test"), context: "other").Server.AbsoluteUri);

    [Fact]
    public void Of_several_files_the_first_to_name_something_counts()
    {
        var first = Write("a", "apiVersion: v1\nclusters: [{name: c, cluster: {server: https://first.test}}]");
        var second = Write("b", Config("server: https://second.test"));
        var found = ApiConnections.Find(new ApiConnectionOptions
        {
            Environment = name => name == "KUBECONFIG" ? $"{first}:{Path.Combine(_folder, "missing")}:{second}" : null,
        });

        Assert.Equal("https://first.test/", found.Server.AbsoluteUri);
    }

    [Fact]
    public async Task Name_and_password_become_basic_authentication() =>
        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:secret")),
            (await Find(Config("server: https://a.test", "username: me, password: secret")).Credential.GetAsync(TestContext.Current.CancellationToken))!.ToString());

    [Fact]
    public async Task Files_are_relative_to_the_kubeconfig()
    {
        Write("token.txt", "from-file\n");
        var (certificate, key) = Pair();
        Write("ca.crt", certificate);
        Write("client.crt", certificate);
        Write("client.key", key);
        var found = Find(Config(
            "server: https://a.test, certificate-authority: ca.crt, tls-server-name: other.test",
            "tokenFile: token.txt, client-certificate: client.crt, client-key: client.key"));

        Assert.Single(found.Authorities!.Current);
        Assert.Equal("other.test", found.TlsServerName);
        Assert.True(found.Credential.Certificate!.HasPrivateKey);
        Assert.Equal("Bearer from-file", (await found.Credential.GetAsync(TestContext.Current.CancellationToken))!.ToString());
    }

    [Fact]
    public void Certificates_may_stand_inline()
    {
        var (certificate, key) = Pair();
        var found = Find(Config(
            $"server: https://a.test, certificate-authority-data: {Base64(certificate)}", $"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}"));

        Assert.Single(found.Authorities!.Current);
        Assert.True(found.Credential.Certificate!.HasPrivateKey);
    }

    [Fact]
    public void Not_to_check_the_server_gives_a_warning()
    {
        var found = Find(Config("server: https://a.test, insecure-skip-tls-verify: true"));

        Assert.True(found.SkipVerification);
        Assert.Contains("insecure-skip-tls-verify", Assert.Single(found.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://proxy.test:3128")]
    [InlineData("socks5://proxy.test:1080")]
    public void A_proxy_can_be_named(string proxy) =>
        Assert.Equal(new Uri(proxy), Find(Config($"server: https://a.test, proxy-url: \"{proxy}\"")).Proxy);

    [Theory]
    [InlineData("server: api.test", "token: a", "clusters[0].cluster.server: 'api.test' is no address; write https://HOST:PORT")]
    [InlineData("insecure-skip-tls-verify: true", "token: a", "clusters[0].cluster.server: required")]
    [InlineData("server: https://a.test, certificate-authority-data: '%'", "token: a", "clusters[0].cluster.certificate-authority-data: not base64; a path belongs in certificate-authority")]
    [InlineData("server: https://a.test, certificate-authority: nowhere.crt", "token: a", "nowhere.crt cannot be read")]
    [InlineData("server: https://a.test, proxy-url: 'ftp://x'", "token: a", "proxy-url: 'ftp://x' is no address of a proxy")]
    [InlineData("server: https://a.test", "client-certificate: c.crt", "c.crt cannot be read")]
    [InlineData("server: https://a.test", "client-key-data: YQ==", "users[0].user.client-certificate: required, because client-key is given")]
    [InlineData("server: https://a.test", "auth-provider: {name: gcp}", "use an exec plugin")]
    [InlineData("server: https://a.test", "exec: {command: x}", "users[0].user.exec.apiVersion: required")]
    [InlineData("server: https://a.test", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "is not known; write client.authentication.k8s.io/v1")]
    public void An_error_names_file_field_and_cause(string cluster, string user, string expected)
    {
        var error = Assert.Throws<ApiConfigurationException>(() => Find(Config(cluster, user)));

        Assert.Contains(Path.Combine(_folder, "config"), error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_told_with_those_that_are()
    {
        var error = Assert.Throws<ApiConfigurationException>(() => Find(Config("server: https://a.test"), context: "prod"));

        Assert.Equal("--context: there is no context 'prod'; there are: other, x", error.Message);
    }

    [Fact]
    public void Broken_YAML_is_told_with_its_line() =>
        Assert.Contains("config:2: ", Assert.Throws<ApiConfigurationException>(() => Find("a: 1\n  b: [")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_pod_finds_its_cluster_by_its_service_account()
    {
        Write("token", "first");
        Write("ca.crt", Pair().Certificate);
        Write("namespace", "gateway");
        var found = ApiConnections.Find(new ApiConnectionOptions
        {
            ServiceAccountFolder = _folder,
            Environment = name => name switch { "KUBERNETES_SERVICE_HOST" => "fd00::1", "KUBERNETES_SERVICE_PORT" => "6443", _ => null },
        });

        Assert.Equal("https://[fd00::1]:6443/", found.Server.AbsoluteUri);
        Assert.Equal("gateway", found.Namespace);
        Assert.Equal("Bearer first", (await found.Credential.GetAsync(TestContext.Current.CancellationToken))!.ToString());
    }

    [Fact]
    public void A_pod_without_a_token_is_told_what_to_set()
    {
        var error = Assert.Throws<ApiConfigurationException>(() => ApiConnections.Find(new ApiConnectionOptions
        {
            ServiceAccountFolder = _folder,
            Environment = name => name == "KUBERNETES_SERVICE_HOST" ? "10.0.0.1" : null,
        }));

        Assert.Contains("automountServiceAccountToken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_flag_of_the_server_wins_over_the_one_in_the_file()
    {
        var file = Write("config", Config("server: https://a.test"));

        Assert.Equal("https://b.test/", ApiConnections.Find(new ApiConnectionOptions { KubeConfig = file, ApiServerHost = "https://b.test", Environment = _ => null }).Server.AbsoluteUri);
    }

    [Fact]
    public void Nothing_at_all_is_told_with_what_to_give() =>
        Assert.Contains("--kubeconfig", Assert.Throws<ApiConfigurationException>(() => ApiConnections.Find(new ApiConnectionOptions { Environment = _ => null })).Message, StringComparison.Ordinal);

    private ApiConnection Find(string config, string context = "") =>
        ApiConnections.Find(new ApiConnectionOptions { KubeConfig = Write("config", config), Context = context, Environment = _ => null });

    private static string Config(string cluster, string user = "token: abc") =>
        "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
        + "clusters:\n- name: c\n  cluster: {" + cluster + "}\n- name: second\n  cluster: {server: https://second.test}\n"
        + "users:\n- name: u\n  user: {" + user + "}\n"
        + "contexts:\n- name: x\n  context: {cluster: c, user: u, namespace: team}\n- name: other\n  context: {cluster: second, user: u}\n";

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static (string Certificate, string Key) Pair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
