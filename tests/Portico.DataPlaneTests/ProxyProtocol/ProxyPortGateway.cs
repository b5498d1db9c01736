using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests.ProxyProtocol;

/// <summary>A gateway whose http and https ports demand the PROXY protocol. Connections of <see cref="ConnectAsync"/> begin with a header that names nobody.</summary>
public class ProxyPortGateway : Gateway
{
    protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string> { ["use-proxy-protocol"] = "true" };

    public override async Task<RawClient> ConnectAsync(IPAddress? from = null, int receiveBuffer = 0)
    {
        var client = await base.ConnectAsync(from, receiveBuffer);
        await client.SendAsync("PROXY UNKNOWN\r\n");
        return client;
    }
}

/// <summary>The same with a second to send the header in.</summary>
public sealed class ImpatientProxyPortGateway : ProxyPortGateway
{
    protected override IReadOnlyDictionary<string, string> ConfigMap { get; } =
        new Dictionary<string, string> { ["use-proxy-protocol"] = "true", ["client-header-timeout"] = "1" };
}
