using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Announcing;

namespace Portico.LoadBalancer.Bgp;

/// <summary>
/// The peers of this node and the advertisements, as far as they can be followed. One that cannot keeps its last good version, or is left
/// out, and harms no other. On the controller's task.
/// </summary>
internal sealed class BgpObjects(Action<string> log)
{
    private Dictionary<string, BgpPeerSettings> _goodPeers = [];
    private Dictionary<string, ReadBgpAdvertisement> _goodAdvertisements = [];
    private HashSet<string> _problems = [];
    private HashSet<string> _found = [];

    /// <summary>By name.</summary>
    public ImmutableArray<BgpPeerSettings> Peers { get; private set; } = [];

    public ImmutableArray<ReadBgpAdvertisement> Advertisements { get; private set; } = [];

    /// <summary>Whether something is not as the newest objects say.</summary>
    public bool IsStale => _problems.Count > 0;

    /// <summary>What is not as the newest objects say, and why.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Secrets that peers name.</summary>
    public static IEnumerable<ObjectKey> Secrets(IResourceView cluster) => cluster.All<BGPPeer>()
        .Where(p => p.PasswordSecret.Length > 0).Select(p => new ObjectKey(ResourceKind.Secret, p.Metadata.Namespace, p.PasswordSecret));

    /// <param name="self">Null when the cluster does not know this node: then it has no peers.</param>
    public void Read(IResourceView cluster, Node? self)
    {
        _found = [];
        var here = cluster.All<BGPPeer>().Where(p => self is not null && Selection.Matches(p.NodeSelectors, self.Metadata)).OrderBy(p => p.Metadata.Name, StringComparer.Ordinal);
        var peers = Good(here, _goodPeers, p => (BgpPeerReading.Read(p, cluster, out var problem), problem));
        _goodPeers = peers;
        Peers = [];
        foreach (var peer in peers.Values.Where(p => GoesWith(p, Peers)))
        {
            Peers = Peers.Add(peer);
        }

        var aliases = cluster.All<Community>().SelectMany(c => c.Communities).GroupBy(c => c.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Value, StringComparer.Ordinal);
        _goodAdvertisements = Good(cluster.All<BGPAdvertisement>().OrderBy(a => a.Metadata.Name, StringComparer.Ordinal), _goodAdvertisements, a => Advertisement(a, aliases));
        Advertisements = [.. _goodAdvertisements.Values];
        foreach (var problem in _found.Except(_problems))
        {
            log(problem);
        }

        _problems = _found;
    }

    private Dictionary<string, TRead> Good<TObject, TRead>(IEnumerable<TObject> objects, Dictionary<string, TRead> before, Func<TObject, (TRead? Read, string? Problem)> read)
        where TObject : KubernetesObject
        where TRead : class
    {
        var good = new Dictionary<string, TRead>(StringComparer.Ordinal);
        foreach (var found in objects)
        {
            var name = found.Metadata.Name;
            var (fresh, problem) = read(found);
            var last = before.GetValueOrDefault(name);
            if (problem is not null)
            {
                _found.Add($"{found.Kind} {name}: {problem}; {(last is null ? "it is left out" : "its last good version stays in force")}");
            }

            if ((problem is null ? fresh : last) is { } inForce)
            {
                good[name] = inForce;
            }
        }

        return good;
    }

    /// <summary>A node has one process of BGP in each VRF: one number, one id, and each neighbor once.</summary>
    private bool GoesWith(BgpPeerSettings peer, ImmutableArray<BgpPeerSettings> others)
    {
        foreach (var other in others.Where(o => o.Vrf == peer.Vrf))
        {
            var cause = other.Neighbor == peer.Neighbor ? $"has the neighbor {peer.Neighbor} as well"
                : other.MyASN != peer.MyASN ? "has another myASN"
                : other.RouterId.Length > 0 && peer.RouterId.Length > 0 && other.RouterId != peer.RouterId ? "has another routerID"
                : null;
            if (cause is not null)
            {
                _found.Add($"BGPPeer {peer.Name}: BGPPeer {other.Name}, which is for this node too, {cause}; it is left out");
                return false;
            }
        }

        return true;
    }

    private static (ReadBgpAdvertisement?, string?) Advertisement(BGPAdvertisement found, Dictionary<string, string> aliases)
    {
        var problem = found.AggregationLength is < 1 or > 32 ? "aggregationLength: must be between 1 and 32"
            : found.AggregationLengthV6 is < 1 or > 128 ? "aggregationLengthV6: must be between 1 and 128"
            : found.LocalPref is < 0 or > uint.MaxValue ? "localPref: must be between 0 and 4294967295"
            : found.ServiceSelectors.Count > 0 && (found.AggregationLength != 32 || found.AggregationLengthV6 != 128) ? "serviceSelectors: only without aggregation, as others have addresses in the same network"
            : null;
        var communities = ImmutableSortedSet.CreateBuilder<BgpCommunity>();
        foreach (var text in problem is null ? found.Communities : [])
        {
            var value = aliases.GetValueOrDefault(text, text);
            if (BgpCommunity.TryParse(value) is not { } community)
            {
                return (null, value == text ? $"communities: '{text}' is neither a value like 64512:7 or large:64512:1:2 nor a name of a Community" : $"communities: {text} stands for '{value}', which is no value like 64512:7 or large:64512:1:2");
            }

            communities.Add(community);
        }

        return problem is null ? (new ReadBgpAdvertisement(found, communities.ToImmutable()), null) : (null, problem);
    }
}
