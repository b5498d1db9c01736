using System.Collections.Immutable;
using Portico.Ingress.Backends;
using Portico.Kubernetes;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>Keeps the backends of hosts with <c>ssl-passthrough</c>: ClusterIPs, which their routes do not use. Owned by the translator.</summary>
internal sealed class PassthroughHosts(BackendTable backends)
{
    private ImmutableDictionary<string, BackendId> _hosts = ImmutableDictionary<string, BackendId>.Empty;
    private HashSet<BackendId> _pinned = [];

    /// <summary>After hosts are built.</summary>
    /// <returns>Whether backends were built again.</returns>
    public bool Update(ImmutableDictionary<string, BackendId> hosts, IResourceView view)
    {
        if (ReferenceEquals(hosts, _hosts))
        {
            return false;
        }

        _hosts = hosts;
        var wanted = hosts.Values.ToHashSet();
        foreach (var id in _pinned.Except(wanted))
        {
            backends.Unpin(id);
        }

        foreach (var id in wanted.Except(_pinned))
        {
            backends.Pin(id, id.ToString(), LoadBalancing.RoundRobin);
        }

        _pinned = wanted;
        backends.Rebuild(view);
        return true;
    }
}
