namespace Portico.Kubernetes.Resources;

/// <summary>One entry of <c>status.loadBalancer.ingress</c>: an address or a name, the other one empty.</summary>
public readonly record struct LoadBalancerAddress(string Ip, string HostName)
{
    /// <summary>By name, then by address, as ingress-nginx writes them; each once.</summary>
    public static IReadOnlyList<LoadBalancerAddress> Sorted(IEnumerable<LoadBalancerAddress> addresses) =>
        [.. addresses.Distinct().OrderBy(a => a.HostName, StringComparer.Ordinal).ThenBy(a => a.Ip, StringComparer.Ordinal)];
}
