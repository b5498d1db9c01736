using System.Globalization;
using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.PeerTests.Programs;
using Portico.TestKit.Manifests;
using Xunit;

namespace Portico.PeerTests.Node;

/// <summary>Client and server of @grpc/grpc-js on both sides of the gateway: every kind of call, errors, deadlines, giving up.</summary>
public sealed class GrpcTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Expected =
        """
        unary: 0 true some text 00ff0a
        fail: 9 not today: ä 000102ff
        collect: 0 1000 messages of 1000000 bytes
        count: 0 5000 true
        talk: 0 500
        deadline: 4
        cancel: 1

        """;

    [Fact]
    public Task Calls_over_TLS_reach_a_backend_without_TLS() => AllCallsWorkAsync("GRPC", secureFront: true);

    [Fact]
    public Task Calls_over_TLS_reach_a_backend_with_TLS() => AllCallsWorkAsync("GRPCS", secureFront: true);

    [Fact]
    public Task Calls_without_TLS_reach_a_backend_without_TLS() => AllCallsWorkAsync("GRPC", secureFront: false);

    private async Task AllCallsWorkAsync(string protocol, bool secureFront)
    {
        var folder = Directory.CreateTempSubdirectory("portico-grpc-");
        try
        {
            var certificate = TestCertificate.For("*.test");
            var front = await WriteAsync(folder, "front.crt", certificate.CertificatePem);
            var backend = TestCertificate.For("backend.test");
            string[] secrets = protocol == "GRPCS"
                ? [await WriteAsync(folder, "tls.crt", backend.CertificatePem), await WriteAsync(folder, "tls.key", backend.KeyPem)]
                : [];
            var (server, port) = await NodeProgram.StartServerAsync("grpc-server.js", secrets);
            await using (server)
            {
                var site = await Gateway.ExposeAsync(new SiteOptions
                {
                    Endpoints = [new ServiceEndpoint("127.0.0.1", port)],
                    Annotations = new Dictionary<string, string> { ["backend-protocol"] = protocol, ["proxy-body-size"] = "0" },
                    Certificate = secureFront ? certificate : null,
                });
                var address = secureFront ? Gateway.Process.HttpsEndPoint : Gateway.Process.HttpEndPoint;
                await using var client = NodeProgram.Start("grpc-client.js", [AddressOf(address), site.Host, .. secureFront ? [front] : Array.Empty<string>()]);
                await NodeProgram.IsSaidAsync(client, "cancel:");
                Assert.Equal(Expected, client.Output);
                await NodeProgram.IsSaidAsync(server, "cancelled deadline");
                await NodeProgram.IsSaidAsync(server, "cancelled cancel");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string AddressOf(IPEndPoint at) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{at.Port}");

    private static async Task<string> WriteAsync(DirectoryInfo folder, string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        await File.WriteAllTextAsync(path, text);
        return path;
    }
}
