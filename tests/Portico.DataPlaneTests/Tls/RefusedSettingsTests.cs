using System.Security.Authentication;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Tls;

public class RefusedSettingsGateway : Gateway
{
    public const string TicketKey = "dG9vIHNob3J0";

    protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string>
    {
        ["ssl-ciphers"] = "NO-SUCH-CIPHER",
        ["ssl-ecdh-curve"] = "no-such-curve",
        ["ssl-session-ticket-key"] = TicketKey,
        ["ssl-protocols"] = "TLSv1.3",
    };
}

/// <summary>Keys of the ConfigMap that OpenSSL does not take, from the first start on.</summary>
public class RefusedSettingsTests(RefusedSettingsGateway gateway) : GatewayTest<RefusedSettingsGateway>(gateway), IClassFixture<RefusedSettingsGateway>
{
    [Fact]
    public async Task A_refused_setting_harms_only_itself_and_is_told_by_its_key()
    {
        await using (var client = await RawClient.ConnectTlsAsync(Gateway.Process.HttpsEndPoint, "any.test"))
        {
            Assert.Equal(SslProtocols.Tls13, client.TlsProtocol);
        }

        // The good one of the keys is in force.
        await Assert.ThrowsAnyAsync<Exception>(() => RawClient.ConnectTlsAsync(Gateway.Process.HttpsEndPoint, "any.test", SslProtocols.Tls12));
        foreach (var key in new[] { "ssl-ciphers", "ssl-ecdh-curve", "ssl-session-ticket-key" })
        {
            await Eventually.TrueAsync(() => Gateway.Process.Output.Contains($"ConfigMap: {key}: ", StringComparison.Ordinal), $"{key} is named in the log");
        }

        Assert.DoesNotContain(RefusedSettingsGateway.TicketKey, Gateway.Process.Output, StringComparison.Ordinal);
    }
}
