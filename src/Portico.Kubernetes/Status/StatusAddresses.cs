using System.Net;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Status;

/// <summary>
/// Under which addresses the gateway is reached, by the first rule that applies: 1. the addresses that a flag lists; 2. those of the
/// Service that a flag names; 3. those of the nodes on which our pods run. Asked now and then by the status writer.
/// </summary>
internal sealed class StatusAddresses(ApiClient client, StatusOptions options)
{
    private const string ExternalIp = "ExternalIP";
    private const string InternalIp = "InternalIP";

    private readonly PodPeers _peers = new(client, options.PodNamespace, options.PodName);

    /// <exception cref="ApiException">The server says no.</exception>
    /// <exception cref="IOException">The server does not answer.</exception>
    public async Task<IReadOnlyList<LoadBalancerAddress>> FindAsync(CancellationToken cancellation)
    {
        if (options.PublishStatusAddress.Length > 0)
        {
            return LoadBalancerAddress.Sorted(options.PublishStatusAddress.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Of));
        }

        if (options.PublishService is { } service)
        {
            return LoadBalancerAddress.Sorted(OfService(await GetAsync(ResourceType.Services.Object(service.Namespace, service.Name), cancellation).ConfigureAwait(false)));
        }

        var addresses = new List<LoadBalancerAddress>();
        foreach (var node in await _peers.NodesAsync(cancellation).ConfigureAwait(false))
        {
            if (AddressOf(await GetAsync(ResourceType.Nodes.Object("", node), cancellation).ConfigureAwait(false)) is { Length: > 0 } address)
            {
                addresses.Add(Of(address));
            }
        }

        return LoadBalancerAddress.Sorted(addresses);
    }

    /// <summary>Whether another of our pods is there, in whatever phase: then the addresses remain somebody's.</summary>
    public Task<bool> HasOtherPodsAsync(CancellationToken cancellation) => _peers.HasOthersAsync(cancellation);

    private static LoadBalancerAddress Of(string text) => IPAddress.TryParse(text, out _) ? new(text, "") : new("", text);

    /// <summary>
    /// ExternalName: the name. ClusterIP: that address. NodePort: externalIPs, else the cluster's address. LoadBalancer: what the
    /// balancer reports, and externalIPs.
    /// </summary>
    private static List<LoadBalancerAddress> OfService(JsonObject service)
    {
        var spec = service["spec"] as JsonObject ?? [];
        var external = Texts(spec["externalIPs"]).Select(Of).ToList();
        switch (ApiJson.Text(spec["type"]))
        {
            case "ExternalName":
                return [new("", ApiJson.Text(spec["externalName"]))];
            case "NodePort":
                return external.Count > 0 ? external : [new(ApiJson.Text(spec["clusterIP"]), "")];
            case "LoadBalancer":
                var reported = (service["status"]?["loadBalancer"]?["ingress"] as JsonArray ?? []).OfType<JsonObject>()
                    .Select(entry => ApiJson.Text(entry["ip"]) is { Length: > 0 } ip ? new LoadBalancerAddress(ip, "") : new LoadBalancerAddress("", ApiJson.Text(entry["hostname"])));
                return [.. reported, .. external];
            default:
                return [new(ApiJson.Text(spec["clusterIP"]), "")];
        }
    }

    private string AddressOf(JsonObject node)
    {
        var addresses = (node["status"]?["addresses"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        string First(string type) => ApiJson.Text(addresses.Find(a => ApiJson.Text(a["type"]) == type)?["address"]);
        var external = options.ReportNodeInternalIpAddress ? "" : First(ExternalIp);
        return external.Length > 0 ? external : First(InternalIp);
    }

    private static IEnumerable<string> Texts(JsonNode? node) => (node as JsonArray ?? []).Select(ApiJson.Text).Where(text => text.Length > 0);

    private async Task<JsonObject> GetAsync(string path, CancellationToken cancellation) =>
        ApiJson.Parse(await client.GetAsync(path, cancellation).ConfigureAwait(false));
}
