using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Tls;

public class OcspGateway : Gateway
{
    protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string> { ["enable-ocsp"] = "true" };
}

/// <summary>OCSP answers in handshakes, as openssl's client sees them.</summary>
public class OcspTests(OcspGateway gateway) : GatewayTest<OcspGateway>(gateway), IClassFixture<OcspGateway>
{
    private const string NothingStapled = "OCSP response: no response sent";

    private readonly TestCertificate _authority = TestCertificate.Authority("ocsp-authority");

    [Fact]
    public async Task A_good_answer_is_stapled_to_the_next_handshakes()
    {
        var responder = Backend(Peers.Responder(_authority), "responder");
        var (site, _) = await ExposeAsync(responder);
        Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await AskAsync(site)).Contains("Cert Status: good", StringComparison.Ordinal), "the answer is stapled");
        Assert.Contains("Cert Status: good", await AskAsync(site, "-tls1_2"), StringComparison.Ordinal);

        // One question for all handshakes.
        var request = Assert.Single(responder.Requests);
        Assert.Equal(("POST", "/ocsp", "application/ocsp-request"), (request.Method, request.Target, request.Head["Content-Type"]));
        Assert.True(await CountAsync("good") >= 1);
    }

    [Fact]
    public async Task A_revoked_certificate_is_served_without_a_staple()
    {
        var responder = Backend(Scripts.Body("not yet"), "responder");
        var (site, certificate) = await ExposeAsync(responder);
        responder.Script = Peers.Responder(_authority, certificate);
        var before = await CountAsync("revoked");
        Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await CountAsync("revoked") > before, "the answer came");
        Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        Assert.Contains("the certificate is revoked", Gateway.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_and_refusals_disturb_nobody()
    {
        foreach (var script in new[] { Scripts.Body("garbage"), Scripts.Answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), Scripts.Answer("no HTTP at all\r\n\r\n") })
        {
            var (site, _) = await ExposeAsync(Backend(script, "responder"));
            var before = await CountAsync("failed");
            Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
            await Eventually.TrueAsync(async () => await CountAsync("failed") > before, "the answer came");
            Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_silent_responder_holds_nobody_up()
    {
        var asked = new TaskCompletionSource();
        var (site, _) = await ExposeAsync(Backend(
            async connection =>
            {
                await connection.ReadRequestAsync();
                asked.TrySetResult();
                await connection.WaitForEndAsync();
            },
            "responder"));
        var before = await CountAsync("failed");
        Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        await asked.Task.Within("the question");
        Assert.Contains(NothingStapled, await AskAsync(site), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await CountAsync("failed") > before, "it is given up");
    }

    private async Task<(Site Site, TestCertificate Certificate)> ExposeAsync(ScriptedBackend responder)
    {
        var certificate = _authority.Issue("*.test", $"http://127.0.0.1:{responder.Port}/ocsp");
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateways.Gateway.At(Backend(Scripts.Body("ok")))], Certificate = certificate });
        return (site, certificate);
    }

    private Task<string> AskAsync(Site site, string version = "") => Peers.AskStatusAsync(Gateway.Process.HttpsEndPoint, site.Host, version);

    private async Task<double> CountAsync(string result) => (await Gateway.Process.ReadMetricsAsync()).Sum("portico_ocsp_answers_total", $"result=\"{result}\"");
}
