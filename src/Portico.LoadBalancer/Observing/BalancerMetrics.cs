using System.Collections.Immutable;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Bgp.Frr;
using Portico.LoadBalancer.Layer2;
using Portico.Probes;

namespace Portico.LoadBalancer.Observing;

/// <summary>
/// The numbers of load balancing under MetalLB's names and labels, so that its dashboards and alerts go on. Written by the controller's task,
/// read by scrapes.
/// </summary>
/// <param name="layer2">Null when nothing is announced on the local network.</param>
/// <param name="router">Whose counters are shown; null without BGP.</param>
internal sealed class BalancerMetrics(Layer2Counters? layer2 = null, IRouterCounts? router = null)
{
    private static readonly (string Metric, string Help, string Counter)[] OfPeers =
    [
        ("metallb_bgp_updates_total", "Number of BGP UPDATE messages sent", "updatesSent"),
        ("metallb_bgp_updates_total_received", "Number of BGP UPDATE messages received", "updatesRecv"),
        ("metallb_bgp_opens_sent", "Number of BGP open messages sent", "opensSent"),
        ("metallb_bgp_opens_received", "Number of BGP open messages received", "opensRecv"),
        ("metallb_bgp_notifications_sent", "Number of BGP notification messages sent", "notificationsSent"),
        ("metallb_bgp_keepalives_sent", "Number of BGP keepalive messages sent", "keepalivesSent"),
        ("metallb_bgp_keepalives_received", "Number of BGP keepalive messages received", "keepalivesRecv"),
        ("metallb_bgp_route_refresh_sent", "Number of BGP route refresh messages sent", "routeRefreshSent"),
        ("metallb_bgp_total_sent", "Number of total BGP messages sent", "totalSent"),
        ("metallb_bgp_total_received", "Number of total BGP messages received", "totalRecv"),
    ];

    private static readonly (string Metric, string Help, string Counter)[] OfBfd =
    [
        ("metallb_bfd_control_packet_input", "Number of received BFD control packets", "control-packet-input"),
        ("metallb_bfd_control_packet_output", "Number of sent BFD control packets", "control-packet-output"),
        ("metallb_bfd_echo_packet_input", "Number of received BFD echo packets", "echo-packet-input"),
        ("metallb_bfd_echo_packet_output", "Number of sent BFD echo packets", "echo-packet-output"),
        ("metallb_bfd_session_up_events", "Number of BFD session up events", "session-up"),
        ("metallb_bfd_session_down_events", "Number of BFD session down events", "session-down"),
        ("metallb_bfd_zebra_notifications", "Number of BFD zebra notifications", "zebra-notifications"),
    ];

    private readonly MetricTable _table = new();
    private readonly Lock _peerGate = new();
    private HashSet<string> _pools = [];
    private HashSet<string> _peers = [];
    private HashSet<string> _watched = [];

    /// <summary>All pools; those of a process that does not lead are none.</summary>
    public void Pools(IReadOnlyList<(string Pool, IPAddressPoolStatus Use, long Services)> pools)
    {
        foreach (var gone in _pools.Except(pools.Select(p => p.Pool)))
        {
            foreach (var (metric, _, _) in OfPool(default, 0))
            {
                _table.Remove(metric, $"pool=\"{gone}\"");
            }
        }

        foreach (var (pool, use, services) in pools)
        {
            foreach (var (metric, help, value) in OfPool(use, services))
            {
                _table.Gauge(metric, help, $"pool=\"{pool}\"", value);
            }
        }

        _pools = [.. pools.Select(p => p.Pool)];
    }

    /// <summary>Objects of the cluster were heard of.</summary>
    public void Updated(int changes) => _table.Count("metallb_k8s_client_updates_total", "Number of k8s object updates that have been processed.", "", changes);

    /// <summary>What was decided about them could not be written.</summary>
    public void UpdatesFailed(int failures) =>
        _table.Count("metallb_k8s_client_update_errors_total", "Number of k8s object updates that failed for some reason.", "", failures);

    /// <summary>The objects were read.</summary>
    /// <param name="stale">Whether something is not as the newest of them say.</param>
    public void Configured(bool stale)
    {
        _table.Gauge("metallb_k8s_client_config_loaded_bool", "1 if the MetalLB configuration was successfully loaded at least once.", "", 1);
        _table.Gauge("metallb_k8s_client_config_stale_bool", "1 if running on a stale configuration, because the latest config failed to load.", "", stale ? 1 : 0);
    }

    public void Announced(string protocol, ServiceKey service, string node, Address address) => _table.Gauge(
        "metallb_speaker_announced",
        "Services being announced from this node. This is desired state, it does not guarantee that the routing protocols have converged.",
        AnnouncementLabels(protocol, service, node, address),
        1);

    public void Withdrawn(string protocol, ServiceKey service, string node, Address address) =>
        _table.Remove("metallb_speaker_announced", AnnouncementLabels(protocol, service, node, address));

    /// <summary>The page in the text format of Prometheus.</summary>
    public string Page()
    {
        foreach (var (address, count) in layer2?.All ?? [])
        {
            var label = $"ip=\"{address}\"";
            _table.SetCount("metallb_layer2_requests_received", "Number of layer2 requests received for owned IPs.", label, count.RequestsReceived);
            _table.SetCount("metallb_layer2_responses_sent", "Number of layer2 responses sent for owned IPs in response to requests.", label, count.ResponsesSent);
            _table.SetCount("metallb_layer2_gratuitous_sent", "Number of gratuitous layer2 packets sent for owned IPs as a result of failovers.", label, count.GratuitousSent);
        }

        lock (_peerGate)
        {
            Peers(router?.Counts ?? []);
            Watched(router?.BfdCounts ?? []);
        }

        return _table.Page();
    }

    private void Peers(ImmutableArray<PeerCount> now)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var peer in now)
        {
            var label = $"peer=\"{peer.Peer}\",vrf=\"{peer.Vrf}\"";
            known.Add(label);
            _table.Gauge("metallb_bgp_session_up", "BGP session state (1 is up, 0 is down)", label, peer.IsUp ? 1 : 0);
            _table.Gauge("metallb_bgp_announced_prefixes_total", "Number of prefixes currently being advertised on the BGP session", label, peer.PrefixesSent);
            Count(OfPeers, label, peer.Messages);
        }

        Forget(_peers.Except(known), ["metallb_bgp_session_up", "metallb_bgp_announced_prefixes_total", .. OfPeers.Select(m => m.Metric)]);
        _peers = known;
    }

    private void Watched(ImmutableArray<BfdCount> now)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var peer in now)
        {
            var label = $"peer=\"{peer.Peer}\",vrf=\"{peer.Vrf}\"";
            known.Add(label);
            _table.Gauge("metallb_bfd_session_up", "BFD session state (1 is up, 0 is down)", label, peer.IsUp ? 1 : 0);
            Count(OfBfd, label, peer.Packets);
        }

        Forget(_watched.Except(known), ["metallb_bfd_session_up", .. OfBfd.Select(m => m.Metric)]);
        _watched = known;
    }

    private void Count((string Metric, string Help, string Counter)[] metrics, string label, ImmutableDictionary<string, long> counters)
    {
        foreach (var (metric, help, counter) in metrics)
        {
            _table.SetCount(metric, help, label, counters.GetValueOrDefault(counter));
        }
    }

    private void Forget(IEnumerable<string> labels, string[] metrics)
    {
        foreach (var label in labels)
        {
            Array.ForEach(metrics, metric => _table.Remove(metric, label));
        }
    }

    private static (string Metric, string Help, double Value)[] OfPool(IPAddressPoolStatus use, long services) =>
    [
        ("metallb_allocator_addresses_total", "Number of usable IP addresses, per pool", (double)use.AssignedIPv4 + use.AvailableIPv4 + use.AssignedIPv6 + use.AvailableIPv6),
        ("metallb_allocator_addresses_in_use_total", "Number of IP addresses in use, per pool", use.AssignedIPv4 + use.AssignedIPv6),
        ("metallb_allocator_ipv4_addresses_total", "Number of usable IPv4 addresses, per pool", (double)use.AssignedIPv4 + use.AvailableIPv4),
        ("metallb_allocator_ipv4_addresses_in_use_total", "Number of IPv4 addresses in use, per pool", use.AssignedIPv4),
        ("metallb_allocator_ipv6_addresses_total", "Number of usable IPv6 addresses, per pool", (double)use.AssignedIPv6 + use.AvailableIPv6),
        ("metallb_allocator_ipv6_addresses_in_use_total", "Number of IPv6 addresses in use, per pool", use.AssignedIPv6),
        ("metallb_allocator_services_allocated_total", "Number of services that have addresses, per pool", services),
    ];

    private static string AnnouncementLabels(string protocol, ServiceKey service, string node, Address address) =>
        $"ip=\"{address}\",node=\"{node}\",protocol=\"{protocol}\",service=\"{service}\"";
}
