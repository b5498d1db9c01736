using System.Globalization;
using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Php;

/// <summary>PHP behind <c>backend-protocol: FCGI</c>.</summary>
public sealed class PhpTests(PhpApplication php) : IClassFixture<PhpApplication>, IAsyncLifetime
{
    private const string Host = "php.test";

    private PorticoProcess? _portico;

    public async ValueTask InitializeAsync() => _portico = await PorticoProcess.StartAsync(new PorticoOptions
    {
        Files = new Dictionary<string, string>
        {
            ["php.yaml"] = Manifest.Service("php", 80, php.Endpoint) + "\n---\n" + $$"""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: php-parameters, namespace: default}
                data: {SCRIPT_FILENAME: "{{php.Folder}}$fastcgi_script_name", EXTRA: "${server_name}/$request_method"}
                ---
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata:
                  name: php
                  namespace: default
                  annotations:
                    nginx.ingress.kubernetes.io/backend-protocol: FCGI
                    nginx.ingress.kubernetes.io/fastcgi-index: app.php
                    nginx.ingress.kubernetes.io/fastcgi-params-configmap: php-parameters
                spec:
                  ingressClassName: nginx
                  rules:
                  - host: {{Host}}
                    http:
                      paths:
                      - path: /
                        pathType: Prefix
                        backend: {service: {name: php, port: {number: 80} } }

                """,
        },
    });

    public async ValueTask DisposeAsync()
    {
        if (_portico is not null)
        {
            await _portico.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_script_answers_and_is_told_what_the_ConfigMap_adds()
    {
        var response = await AskAsync("GET", "/?a=b", "");
        Assert.Equal((200, "text/plain;charset=UTF-8"), (response.Status, response["Content-Type"]));
        Assert.Equal($"GET /app.php a=b\n{Host} 127.0.0.1 {Host}/GET\n0 {Convert.ToHexStringLower(SHA256.HashData([]))}\n", response.Text);
    }

    [Fact]
    public async Task Megabytes_pass_in_both_directions()
    {
        var body = new string('y', 900_000);
        var response = await AskAsync("POST", "/app.php?more=3000000", body);
        Assert.Contains($"\n900000 {Convert.ToHexStringLower(SHA256.HashData(Text.Bytes(body)))}\n", response.Text, StringComparison.Ordinal);
        Assert.Equal(3_000_000, response.Text.Count(c => c == 'x'));
    }

    [Theory]
    [InlineData("/?status=418", 418)]
    [InlineData("/?to=/there", 302)]
    [InlineData("/none.php", 404)]
    public async Task The_status_is_the_scripts(string target, int status) => Assert.Equal(status, (await AskAsync("GET", target, "")).Status);

    [Fact]
    public async Task What_a_script_logs_is_in_the_error_log()
    {
        await AskAsync("GET", "/?log=a-word-to-find", "");
        await Eventually.TrueAsync(() => _portico!.Output.Contains("says: a-word-to-find", StringComparison.Ordinal), "the error log has it");
    }

    private async Task<Response> AskAsync(string method, string target, string body)
    {
        await using var client = await _portico!.ConnectAsync();
        return await client.ExchangeAsync(string.Create(
            CultureInfo.InvariantCulture, $"{method} {target} HTTP/1.1\r\nHost: {Host}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }
}
