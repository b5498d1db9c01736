using System.Collections.Immutable;
using System.Net;
using Portico.Kubernetes.Resources;

namespace Portico.Services.Planning;

/// <summary>
/// Decides what a Service means on this node (kube-proxy's rules): which addresses lead to it, which endpoints take it, who is refused how.
/// Pure: no state, no kernel.
/// </summary>
internal static class ServicePlanner
{
    private const string OtherProxyLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>The plans of a Service's ports; none for Services that the rules leave alone (headless, ExternalName, another proxy's).</summary>
    /// <param name="skipped">Told what of the Service cannot be programmed, and why.</param>
    public static IEnumerable<ServicePlan> Plan(
        Service service, IReadOnlyCollection<EndpointSlice> slices, IpFamily family, NodeFacts node, Action<string> skipped)
    {
        if (service.Spec.Type == "ExternalName" || service.Spec.ClusterIP == "None" || IsAnothers(service))
        {
            yield break;
        }

        if (ClusterIPOf(service, family) is not { } clusterIP)
        {
            foreach (var text in ClusterIPs(service).Where(text => text.Length > 0 && !IsAddress(text)))
            {
                skipped($"the cluster address '{text}' is none; it is left out");
            }

            yield break;
        }

        foreach (var port in service.Spec.Ports)
        {
            if (port.Port is < 1 or > 65535 || port.NodePort is < 0 or > 65535 || NftProtocol(port.Protocol) is not { } protocol)
            {
                skipped($"port {port.Name} ({port.Protocol} {port.Port}, node port {port.NodePort}) is none that a packet can have; it is left out");
                continue;
            }

            var name = new ServicePortName(service.Metadata.Namespace, service.Metadata.Name, port.Name, port.Protocol);
            var choice = EndpointChoice.For(name, slices, family, node);
            yield return new ServicePlan
            {
                Name = name,
                Endpoints = choice,
                ClusterIP = clusterIP,
                Entries = [.. Entries(service, port, protocol, clusterIP, choice, family, node, skipped)],
                Affinity = service.Spec.SessionAffinity == "ClientIP" ? TimeSpan.FromSeconds(Math.Clamp(service.Spec.SessionAffinitySeconds, 1, 86_400)) : null,
            };
        }
    }

    /// <summary>Whether another proxy than the cluster's usual one sees to the Service.</summary>
    public static bool IsAnothers(Service service) => service.Metadata.Labels.ContainsKey(OtherProxyLabel);

    private static IEnumerable<ServiceEntry> Entries(
        Service service, ServicePort port, string protocol, string clusterIP, EndpointChoice choice, IpFamily family, NodeFacts node, Action<string> skipped)
    {
        yield return Internal(new EntryKey(clusterIP, protocol, port.Port), service, choice);

        foreach (var text in service.Spec.ExternalIPs)
        {
            if (node.IgnoreExternalIPs)
            {
                skipped($"the external address '{text}' is left alone (--ignore-external-ips)");
            }
            else if (family.Parse(text) is { } address)
            {
                yield return External(new EntryKey(address, protocol, port.Port), service, choice);
            }
            else if (!IsAddress(text))
            {
                skipped($"the external address '{text}' is none; it is left out");
            }
        }

        if (service.Spec.Type is not ("NodePort" or "LoadBalancer"))
        {
            yield break;
        }

        var ranges = SourceRanges(service, family, node, skipped);
        foreach (var ingress in service.Spec.Type == "LoadBalancer" ? service.LoadBalancer : [])
        {
            // A balancer that rewrites the destination wants its packets back from nobody; a name is the balancer's own affair.
            if (ingress.IpMode != "Proxy" && family.Parse(ingress.Ip) is { } address)
            {
                yield return External(new EntryKey(address, protocol, port.Port), service, choice) with { AllowedSources = ranges };
            }
            else if (ingress.Ip.Length > 0 && !IsAddress(ingress.Ip))
            {
                skipped($"the balancer's address '{ingress.Ip}' is none; it is left out");
            }
        }

        if (port.NodePort != 0)
        {
            if (port.NodePort < node.NodePortRange.First || port.NodePort > node.NodePortRange.Last)
            {
                skipped($"node port {port.NodePort} is outside of {node.NodePortRange.First}-{node.NodePortRange.Last}; it is open all the same");
            }

            yield return External(new EntryKey("", protocol, port.NodePort), service, choice);
        }
    }

    private static ServiceEntry Internal(EntryKey key, Service service, EndpointChoice choice) =>
        choice.Cluster.Count == 0 ? new(key, EntryKind.ClusterIP, EndpointUse.Nobody, Refusal.Reject)
        : service.Spec.InternalTrafficPolicy != "Local" ? new(key, EntryKind.ClusterIP, EndpointUse.Cluster, Refusal.None)
        : choice.Local.Count == 0 ? new(key, EntryKind.ClusterIP, EndpointUse.Nobody, Refusal.Drop)
        : new(key, EntryKind.ClusterIP, EndpointUse.Local, Refusal.None);

    private static ServiceEntry External(EntryKey key, Service service, EndpointChoice choice) =>
        choice.Cluster.Count == 0 ? new(key, EntryKind.External, EndpointUse.Nobody, Refusal.Reject)
        : service.Spec.ExternalTrafficPolicy != "Local" ? new(key, EntryKind.External, EndpointUse.Cluster, Refusal.None)
        : new(key, EntryKind.External, EndpointUse.ClusterOrLocal, choice.Local.Count == 0 ? Refusal.Drop : Refusal.None);

    /// <summary>
    /// Who may use the balancer's addresses; default for everybody. A range of all addresses means everybody. Ranges of the other family only
    /// leave this family open, as kube-proxy does; ranges that cannot be read close it to everybody they would have let in.
    /// </summary>
    private static ImmutableArray<string> SourceRanges(Service service, IpFamily family, NodeFacts node, Action<string> skipped)
    {
        var ranges = new List<IPNetwork>();
        var unreadable = false;
        foreach (var text in service.Spec.LoadBalancerSourceRanges)
        {
            if (!TryParseNetwork(text.Trim(), out var range))
            {
                skipped($"the source range '{text}' is none; it lets nobody in");
                unreadable = true;
            }
            else if (range.BaseAddress.AddressFamily == family.Sockets())
            {
                ranges.Add(range);
            }
        }

        if (ranges.Count == 0 && !unreadable && service.Spec.LoadBalancerSourceRanges.Count > 0 && service.LoadBalancer.Any(i => family.Parse(i.Ip) is not null))
        {
            skipped($"no source range is of {family}: its {family} addresses are open to everybody");
        }

        if ((ranges.Count == 0 && !unreadable) || ranges.Exists(r => r.PrefixLength == 0))
        {
            return default;
        }

        // A balancer's address may be bound on the node: its own requests then come from that address.
        if (ranges.Exists(r => node.NodePortAddresses.Any(r.Contains)))
        {
            ranges.AddRange(service.LoadBalancer.Select(i => family.Parse(i.Ip)).OfType<string>().Select(a => Networks.OnlyOf(IPAddress.Parse(a))));
        }

        return [.. ranges.Outermost().Select(r => r.NftText()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Host bits are cut off, as the API allows them.</summary>
    private static bool TryParseNetwork(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var address) || !int.TryParse(text.AsSpan(slash + 1), out var length)
            || length < 0 || length > address.GetAddressBytes().Length * 8)
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    private static string? ClusterIPOf(Service service, IpFamily family) => ClusterIPs(service).Select(text => family.Parse(text)).FirstOrDefault(a => a is not null);

    private static IEnumerable<string> ClusterIPs(Service service) => service.Spec.ClusterIPs.Count > 0 ? service.Spec.ClusterIPs : [service.Spec.ClusterIP];

    private static bool IsAddress(string text) => IpFamily.IPv4.Parse(text) is not null || IpFamily.IPv6.Parse(text) is not null;

    private static string? NftProtocol(string protocol) => protocol switch
    {
        "TCP" => "tcp",
        "UDP" => "udp",
        "SCTP" => "sctp",
        _ => null,
    };
}
