using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Announcing;

/// <summary>What is wrong with an object of the configuration, and what is done instead.</summary>
/// <param name="IsHint">It may be meant: nothing else than it says is done.</param>
internal readonly record struct ConfigurationFinding(KubernetesObject Object, string Message, bool IsHint = false)
{
    public string Text => $"{Object.Kind} {Object.Metadata.Name}: {Message}";
}

/// <summary>
/// Looks for what MetalLB's webhooks refuse, and for what can hardly be meant, in objects that are followed all the same: whoever wrote it is to
/// hear of it before a Service is not announced. Pure.
/// </summary>
internal static class AdvertisementFindings
{
    public static IReadOnlyList<ConfigurationFinding> Find(IResourceView cluster, PoolSet pools)
    {
        IReadOnlyList<Advertisement> all = [.. cluster.All<L2Advertisement>(), .. cluster.All<BGPAdvertisement>()];
        return
        [
            .. all.OrderBy(a => a.Metadata.Name, StringComparer.Ordinal).SelectMany(a => Of(a, pools)),
            .. cluster.All<L2Advertisement>().SelectMany(Weights),
            .. cluster.All<BGPAdvertisement>().SelectMany(a => Aggregations(a, pools)),
            .. Names(cluster.All<Community>().OrderBy(c => c.Metadata.Name, StringComparer.Ordinal)),
        ];
    }

    private static IEnumerable<ConfigurationFinding> Of(Advertisement ad, PoolSet pools)
    {
        var selectors = ad.PoolSelectors.Select(s => ("ipAddressPoolSelectors", s)).Concat(ad.NodeSelectors.Select(s => ("nodeSelectors", s)))
            .Concat(ad.ServiceSelectors.Select(s => ("serviceSelectors", s))).Concat(ad is L2Advertisement l2 ? l2.PreferredNodes.Select(p => ("preferredNodeSelectors", p.Preference)) : []);
        foreach (var (field, selector) in selectors)
        {
            if (selector.Problem is { } problem)
            {
                yield return new ConfigurationFinding(ad, $"{field}: {problem}; it selects nothing");
            }
        }

        foreach (var missing in ad.Pools.Where(p => pools.Find(p) is null))
        {
            yield return new ConfigurationFinding(ad, $"ipAddressPools: there is no pool {missing}", IsHint: true);
        }
    }

    private static IEnumerable<ConfigurationFinding> Weights(L2Advertisement ad) =>
        from preferred in ad.PreferredNodes
        where preferred.Weight is < 1 or > 100
        select new ConfigurationFinding(ad, FormattableString.Invariant($"preferredNodeSelectors: the weight {preferred.Weight} must be between 1 and 100; it counts as it is"));

    /// <summary>A network so wide that none of that width is within the pool.</summary>
    private static IEnumerable<ConfigurationFinding> Aggregations(BGPAdvertisement ad, PoolSet pools) =>
        from pool in pools.Pools
        where Selection.Covers(ad, pool)
        from ipv6 in (bool[])[false, true]
        let length = ipv6 ? ad.AggregationLengthV6 : ad.AggregationLength
        where length >= 1 && length <= (ipv6 ? 128 : 32) && pool.HasFamily(ipv6) && !pool.Ranges.Any(r => r.First.IsIPv6 == ipv6 && HoldsNetwork(r, length))
        select new ConfigurationFinding(
            ad,
            FormattableString.Invariant($"{(ipv6 ? "aggregationLengthV6" : "aggregationLength")}: no network of length {length} is within pool {pool.Name}; its addresses are not announced by this"));

    private static bool HoldsNetwork(AddressRange range, int length)
    {
        var network = AddressRange.Around(range.First, length);
        if (network.First == range.First)
        {
            return range.Contains(network.Last);
        }

        // The next one, unless there is none.
        var next = network.Last with { Value = network.Last.Value + 1 };
        return range.Contains(next) && range.Contains(AddressRange.Around(next, length).Last);
    }

    private static IEnumerable<ConfigurationFinding> Names(IEnumerable<Community> communities) =>
        from named in communities.SelectMany(c => c.Communities.Select(n => (c, n.Name))).GroupBy(n => n.Name, StringComparer.Ordinal)
        from twice in named.Skip(1)
        select new ConfigurationFinding(twice.c, $"communities: the name {named.Key} stands in Community {named.First().c.Metadata.Name} already; one of them counts");
}
