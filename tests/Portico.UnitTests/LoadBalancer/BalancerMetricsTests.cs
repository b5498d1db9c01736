using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Bgp.Frr;
using Portico.LoadBalancer.Layer2;
using Portico.LoadBalancer.Observing;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class BalancerMetricsTests
{
    private static readonly ServiceKey Web = new("shop", "web");

    [Fact]
    public void Pools_have_the_series_of_MetalLB_as_long_as_they_are_there()
    {
        var metrics = new BalancerMetrics();
        metrics.Pools([("main", new IPAddressPoolStatus(2, 1, 8, 255), 3), ("other", new IPAddressPoolStatus(0, 0, 1, 0), 0)]);
        var page = metrics.Page();
        foreach (var line in (string[])
        [
            "# TYPE metallb_allocator_addresses_total gauge",
            "metallb_allocator_addresses_total{pool=\"main\"} 266",
            "metallb_allocator_addresses_in_use_total{pool=\"main\"} 3",
            "metallb_allocator_ipv4_addresses_total{pool=\"main\"} 10",
            "metallb_allocator_ipv4_addresses_in_use_total{pool=\"main\"} 2",
            "metallb_allocator_ipv6_addresses_total{pool=\"main\"} 256",
            "metallb_allocator_ipv6_addresses_in_use_total{pool=\"main\"} 1",
            "metallb_allocator_services_allocated_total{pool=\"main\"} 3",
            "metallb_allocator_addresses_in_use_total{pool=\"other\"} 0",
        ])
        {
            Assert.Contains(line + "\n", page, StringComparison.Ordinal);
        }

        metrics.Pools([("other", new IPAddressPoolStatus(0, 0, 1, 0), 0)]);
        Assert.DoesNotContain("\"main\"", metrics.Page(), StringComparison.Ordinal);
        metrics.Pools([]);
        Assert.DoesNotContain("metallb_allocator", metrics.Page(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_announced_is_a_series_until_it_is_withdrawn()
    {
        var metrics = new BalancerMetrics();
        Assert.True(Address.TryParse("192.0.2.10", out var address));
        metrics.Announced("layer2", Web, "n1", address);
        metrics.Announced("bgp", Web, "n1", address);
        Assert.Contains("metallb_speaker_announced{ip=\"192.0.2.10\",node=\"n1\",protocol=\"layer2\",service=\"shop/web\"} 1\n", metrics.Page(), StringComparison.Ordinal);

        metrics.Withdrawn("layer2", Web, "n1", address);
        Assert.DoesNotContain("layer2", metrics.Page(), StringComparison.Ordinal);
        Assert.Contains("protocol=\"bgp\"", metrics.Page(), StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_are_counted_for_each_address()
    {
        var counters = new Layer2Counters();
        Assert.True(Address.TryParse("2001:db8::1", out var address));
        counters.Asked(address);
        counters.Asked(address);
        counters.Answered(address);
        counters.ToldUnasked(address);
        var page = new BalancerMetrics(counters).Page();

        Assert.Contains("# TYPE metallb_layer2_requests_received counter\nmetallb_layer2_requests_received{ip=\"2001:db8::1\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("metallb_layer2_responses_sent{ip=\"2001:db8::1\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("metallb_layer2_gratuitous_sent{ip=\"2001:db8::1\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Sessions_are_told_with_what_FRR_counts_and_one_that_it_says_nothing_of_is_down()
    {
        const string Answer = """
            {"10.0.0.1":{"bgpState":"Established","messageStats":{"opensSent":1,"opensRecv":2,"notificationsSent":3,"updatesSent":4,"updatesRecv":5,"keepalivesSent":6,
             "keepalivesRecv":7,"routeRefreshSent":8,"totalSent":9,"totalRecv":10},"addressFamilyInfo":{"ipv4Unicast":{"sentPrefixCounter":2},"ipv6Unicast":{"sentPrefixCounter":3}}},
             "10.0.0.9":{"bgpState":"Established"}}
            """;
        IEnumerable<(string, int)> ours = [("10.0.0.1", 179), ("10.0.0.2", 1179)];
        var text = Answer;
        var metrics = new BalancerMetrics(router: new Counting(() => FrrCounters.Read(text, "default", ours), () => []));
        var page = metrics.Page();
        foreach (var line in (string[])
        [
            "metallb_bgp_session_up{peer=\"10.0.0.1:179\",vrf=\"default\"} 1",
            "metallb_bgp_session_up{peer=\"10.0.0.2:1179\",vrf=\"default\"} 0",
            "metallb_bgp_announced_prefixes_total{peer=\"10.0.0.1:179\",vrf=\"default\"} 5",
            "metallb_bgp_opens_sent{peer=\"10.0.0.1:179\",vrf=\"default\"} 1",
            "metallb_bgp_opens_received{peer=\"10.0.0.1:179\",vrf=\"default\"} 2",
            "metallb_bgp_notifications_sent{peer=\"10.0.0.1:179\",vrf=\"default\"} 3",
            "metallb_bgp_updates_total{peer=\"10.0.0.1:179\",vrf=\"default\"} 4",
            "metallb_bgp_updates_total_received{peer=\"10.0.0.1:179\",vrf=\"default\"} 5",
            "metallb_bgp_keepalives_sent{peer=\"10.0.0.1:179\",vrf=\"default\"} 6",
            "metallb_bgp_keepalives_received{peer=\"10.0.0.1:179\",vrf=\"default\"} 7",
            "metallb_bgp_route_refresh_sent{peer=\"10.0.0.1:179\",vrf=\"default\"} 8",
            "metallb_bgp_total_sent{peer=\"10.0.0.1:179\",vrf=\"default\"} 9",
            "metallb_bgp_total_received{peer=\"10.0.0.1:179\",vrf=\"default\"} 10",
        ])
        {
            Assert.Contains(line + "\n", page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("10.0.0.9", page, StringComparison.Ordinal);
        text = "vtysh: no daemon";
        Assert.Contains("metallb_bgp_session_up{peer=\"10.0.0.1:179\",vrf=\"default\"} 0\n", metrics.Page(), StringComparison.Ordinal);
        ours = [];
        Assert.DoesNotContain("metallb_bgp", metrics.Page(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_BFD_counts_of_our_neighbors_is_told_as_long_as_they_are_watched()
    {
        const string Peers = """[{"peer":"10.0.0.1","vrf":"default","status":"up"},{"peer":"10.0.0.1","vrf":"red","status":"down"},{"peer":"10.0.0.9","vrf":"default","status":"up"}]""";
        const string Counters = """
            [{"peer":"10.0.0.1","vrf":"default","control-packet-input":1,"control-packet-output":2,"echo-packet-input":3,"echo-packet-output":4,"session-up":5,"session-down":6,"zebra-notifications":7}]
            """;
        var text = Peers;
        var page = new BalancerMetrics(router: new Counting(() => [], () => FrrBfd.Read(text, Counters, (vrf, peer) => peer == "10.0.0.1"))).Page;
        foreach (var line in (string[])
        [
            "metallb_bfd_session_up{peer=\"10.0.0.1\",vrf=\"default\"} 1",
            "metallb_bfd_session_up{peer=\"10.0.0.1\",vrf=\"red\"} 0",
            "metallb_bfd_control_packet_input{peer=\"10.0.0.1\",vrf=\"default\"} 1",
            "metallb_bfd_control_packet_output{peer=\"10.0.0.1\",vrf=\"default\"} 2",
            "metallb_bfd_echo_packet_input{peer=\"10.0.0.1\",vrf=\"default\"} 3",
            "metallb_bfd_echo_packet_output{peer=\"10.0.0.1\",vrf=\"default\"} 4",
            "metallb_bfd_session_up_events{peer=\"10.0.0.1\",vrf=\"default\"} 5",
            "metallb_bfd_session_down_events{peer=\"10.0.0.1\",vrf=\"default\"} 6",
            "metallb_bfd_zebra_notifications{peer=\"10.0.0.1\",vrf=\"default\"} 7",
        ])
        {
            Assert.Contains(line + "\n", page(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("10.0.0.9", page(), StringComparison.Ordinal);
        text = "bfdd is not there";
        Assert.DoesNotContain("metallb_bfd", page(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_hears_whether_everything_was_read_and_whether_a_turn_hangs()
    {
        var clock = new MovableClock();
        var health = new BalancerHealth(clock);
        var port = new BalancerPort(null, 0, new BalancerMetrics(), health, _ => { });
        Assert.Equal((200, 200, 503), (port.Answer("/healthz").Status, port.Answer("/livez").Status, port.Answer("/readyz").Status));

        health.TurnBegins();
        health.TurnEnds(synced: true);
        Assert.Equal((200, 200), (port.Answer("/healthz").Status, port.Answer("/readyz").Status));
        Assert.Equal((200, 404), (port.Answer("/metrics").Status, port.Answer("/other").Status));

        health.TurnBegins();
        clock.Advance(BalancerHealth.Patience - TimeSpan.FromSeconds(1));
        health.TurnGoesOn();
        clock.Advance(BalancerHealth.Patience - TimeSpan.FromSeconds(1));
        Assert.Equal(200, port.Answer("/healthz").Status);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((503, 503), (port.Answer("/healthz").Status, port.Answer("/readyz").Status));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_once_and_the_answers_come_over_one_that_is_free()
    {
        var log = new List<string>();
        var said = new TaskCompletionSource();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var port = new BalancerPort(IPAddress.Loopback, ((IPEndPoint)taken.LocalEndPoint!).Port, new BalancerMetrics(), new BalancerHealth(TimeProvider.System), line =>
        {
            log.Add(line);
            said.TrySetResult();
        });
        var running = port.RunAsync(stop.Token);
        await said.Task.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await running;

        Assert.Contains("cannot be had, it is tried again", Assert.Single(log), StringComparison.Ordinal);
    }

    private sealed class Counting(Func<ImmutableArray<PeerCount>> peers, Func<ImmutableArray<BfdCount>> bfd) : IRouterCounts
    {
        public ImmutableArray<PeerCount> Counts => peers();

        public ImmutableArray<BfdCount> BfdCounts => bfd();
    }

    private sealed class MovableClock : TimeProvider
    {
        private TimeSpan _now = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _now += by;

        public override long GetTimestamp() => _now.Ticks;
    }
}
