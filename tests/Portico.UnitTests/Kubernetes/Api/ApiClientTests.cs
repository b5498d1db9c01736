using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

public sealed class ApiClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-client-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Over_TLS_it_speaks_HTTP_2_and_believes_the_authority_of_the_kubeconfig_only()
    {
        using var certificate = ServerCertificate();
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Certificate = certificate });
        using var client = Client(server.KubeConfig());

        Assert.Contains("1.36", await GetAsync(client, "version"), StringComparison.Ordinal);
        Assert.True(client.SpeaksHttp2);

        using var stranger = new ApiClient(client.Connection with { Authorities = null });
        await Assert.ThrowsAsync<IOException>(() => GetAsync(stranger, "version"));
    }

    [Fact]
    public async Task The_name_of_the_server_can_be_another_than_its_address()
    {
        using var certificate = ServerCertificate();
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Certificate = certificate });
        using var right = new ApiClient(Connection(server.KubeConfig()) with { TlsServerName = "api.test" });
        using var wrong = new ApiClient(Connection(server.KubeConfig()) with { TlsServerName = "other.test" });

        Assert.NotEmpty(await GetAsync(right, "version"));
        await Assert.ThrowsAsync<IOException>(() => GetAsync(wrong, "version"));
    }

    [Fact]
    public async Task Requests_and_their_TLS_go_through_the_proxy_that_the_kubeconfig_names()
    {
        using var certificate = ServerCertificate();
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Certificate = certificate });
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = TunnelAsync(listener);
        using var client = Client(server.KubeConfig().Replace("cluster: {server:", $"cluster: {{proxy-url: 'http://{listener.LocalEndpoint}', server:", StringComparison.Ordinal));

        Assert.Contains("1.36", await GetAsync(client, "version"), StringComparison.Ordinal);
        Assert.StartsWith($"CONNECT {server.Address.Authority} HTTP/1.1", await asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_is_shown()
    {
        using var certificate = ServerCertificate();
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions
        {
            Certificate = certificate,
            AskForClientCertificate = true,
            Authorize = (_, shown) => shown?.Subject == "CN=api.test",
        });
        var pem = Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        var key = Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        using var known = Client(server.KubeConfig("{client-certificate-data: " + pem + ", client-key-data: " + key + "}"));
        using var unknown = Client(server.KubeConfig());

        Assert.NotEmpty(await GetAsync(known, "version"));
        Assert.Equal(401, (await Assert.ThrowsAsync<ApiException>(() => GetAsync(unknown, "version"))).Status.Code);
    }

    [Fact]
    public async Task A_token_file_is_read_again_when_the_server_refuses_the_token()
    {
        var right = "Bearer first";
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Authorize = (header, _) => header == right });
        var file = Write("token", "first");
        using var client = Client(server.KubeConfig("{tokenFile: " + file + "}"));
        Assert.NotEmpty(await GetAsync(client, "version"));

        Write("token", "second");
        right = "Bearer second";
        Assert.NotEmpty(await GetAsync(client, "version"));
    }

    [Fact]
    public async Task A_program_gives_credentials_and_is_asked_again_after_401_and_when_they_expire()
    {
        var right = "Bearer t1";
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Authorize = (header, _) => header == right });
        Write("count", "");
        var program = Script("""
            printf x >> "$(dirname "$0")/count"
            n=$(wc -c < "$(dirname "$0")/count")
            case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 3 ;; esac
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$PREFIX$n"'","expirationTimestamp":"2100-01-01T00:00:00Z"}}'
            """);
        using var client = Client(server.KubeConfig(
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: " + program + ", env: [{name: PREFIX, value: t}], interactiveMode: IfAvailable}}"));
        await GetAsync(client, "version");
        await GetAsync(client, "version");
        Assert.Equal("x", File.ReadAllText(Path.Combine(_folder, "count")));

        right = "Bearer t2";
        await GetAsync(client, "version");
        Assert.Equal("xx", File.ReadAllText(Path.Combine(_folder, "count")));
    }

    [Theory]
    [InlineData("exit 7", "ended with 7")]
    [InlineData("echo no JSON", "is no ExecCredential")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"a"}}'""", "answered with client.authentication.k8s.io/v1beta1")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{}}'""", "neither a token nor a certificate")]
    public async Task A_program_that_fails_is_named_with_the_cause(string script, string expected)
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = Client(server.KubeConfig("{exec: {apiVersion: client.authentication.k8s.io/v1, command: " + Script(script) + "}}"));

        var error = await Assert.ThrowsAsync<IOException>(() => GetAsync(client, "version"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("users[0].user.exec.command", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_program_is_told_with_its_hint()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = Client(server.KubeConfig("{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./nowhere, installHint: get it there}}"));

        Assert.Contains("get it there", (await Assert.ThrowsAsync<IOException>(() => GetAsync(client, "version"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_answer_is_unpacked()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Put(ClusterObjects.ConfigMap("large", "default", "key", new string('x', 500_000)));
        using var client = Client(server.KubeConfig());

        Assert.Contains(new string('x', 500_000), await GetAsync(client, ResourceType.ConfigMaps.Object("default", "large")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_carries_the_status_of_the_server()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = Client(server.KubeConfig());

        var error = await Assert.ThrowsAsync<ApiException>(() => GetAsync(client, ResourceType.Services.Object("default", "none")));
        Assert.Equal((404, "NotFound", "services \"none\" not found"), (error.Status.Code, error.Status.Reason, error.Status.Message));
    }

    private static async Task<string> GetAsync(ApiClient client, string path) => Encoding.UTF8.GetString(await client.GetAsync(path, TestContext.Current.CancellationToken));

    private ApiConnection Connection(string config) => ApiConnections.Find(new ApiConnectionOptions { KubeConfig = Write("config", config), Environment = _ => null });

    private ApiClient Client(string config) => new(Connection(config));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Script(string body)
    {
        var path = Write("plugin.sh", "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    private static X509Certificate2 ServerCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=api.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("api.test");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Takes one CONNECT and relays.</summary>
    private static async Task<string> TunnelAsync(TcpListener listener)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var client = await listener.AcceptTcpClientAsync(cancellation);
        var stream = client.GetStream();
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellation);
            head.Append((char)one[0]);
        }

        var target = head.ToString().Split(' ')[1];
        var upstream = new TcpClient();
        await upstream.ConnectAsync(IPEndPoint.Parse(target), cancellation);
        await stream.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellation);
        _ = stream.CopyToAsync(upstream.GetStream(), cancellation);
        _ = upstream.GetStream().CopyToAsync(stream, cancellation);
        return head.ToString();
    }
}
