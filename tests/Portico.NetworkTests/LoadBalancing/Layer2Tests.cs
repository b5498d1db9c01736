using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Who answers for an address on the local network, and how.</summary>
public sealed class Layer2Tests(Segment net) : IClassFixture<Segment>
{
    private static readonly string[] All = ["n1", "n2", "n3"];

    [Fact]
    public void A_question_gets_one_answer_to_the_asker_only_and_other_questions_get_none()
    {
        net.Speak(Usual + Service() + Slice(), "n1");
        var start = net.Wire.Count;
        Assert.Equal(["n1"], net.WhoHas(Vip));
        var answer = Assert.Single(net.Wire.Since(start), f => f.Kind == "reply" && f.Address == Vip && f.To != Wire.Broadcast);
        Assert.Equal((MacOf("n1"), "198.51.100.2", MacOf("n1")), (answer.Mac, answer.Target, answer.From));

        // It is nobody's address, so nobody answers an echo.
        Assert.NotEqual(IPStatus.Success, net.In("lan", () => new Ping().Send(Vip, 500).Status));
        Assert.Empty(net.WhoHas("198.51.100.201"));
        Assert.Empty(net.WhoAnswers(() => net.Wire.Ask(Vip, "02:00:00:00:0a:0a"), Vip));
        Assert.Equal(["n1"], net.WhoAnswers(() => net.Wire.Ask(Vip, MacOf("n1")), Vip));
    }

    [Fact]
    public void A_new_address_is_told_unasked_as_request_and_as_answer_for_five_seconds_and_the_metrics_are_the_frames()
    {
        // Only there: the node has an interface to its pod as well, where nobody counts.
        var usual = Nodes() + Pool() + L2("main", "ipAddressPools: [main], interfaces: [eth0]");
        net.Speak(usual, "n1");
        Assert.Empty(net.WhoHas(Vip));
        Assert.Equal(-1, net.Metric("n1", $"metallb_layer2_requests_received{{ip=\"{Vip}\"}}"));
        var start = net.Wire.Count;
        net.Change(usual + Service() + Slice());
        net.Eventually(() => Unasked(start).Count > 0);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(["n1"], net.WhoHas(Vip));
        }

        net.Wire.Ask(Vip, MacOf("n2"));
        net.Eventually(() => Unasked(start).Count(f => f.Kind == "request") >= 3);
        var times = Unasked(start).Where(f => f.Kind == "request").Select(f => f.Time).ToList();
        Assert.True(times[^1] - times[0] > TimeSpan.FromSeconds(1));

        // Five seconds after the beginning, and the time of two more: at 0, 1.1, 2.2, 3.3, 4.4 and then never.
        net.Eventually(() => clock.Elapsed > TimeSpan.FromSeconds(7.2));
        Assert.All(Unasked(start), f => Assert.Equal((MacOf("n1"), Vip, Wire.Broadcast), (f.Mac, f.Target, f.To)));
        Assert.InRange(Unasked(start).Count(f => f.Kind == "reply"), 3, 5);
        Assert.Equal(Unasked(start).Count(f => f.Kind == "request"), Unasked(start).Count(f => f.Kind == "reply"));

        Assert.Equal(Unasked(start).Count, net.Metric("n1", $"metallb_layer2_gratuitous_sent{{ip=\"{Vip}\"}}"));
        Assert.Equal(3, net.Metric("n1", $"metallb_layer2_requests_received{{ip=\"{Vip}\"}}"));
        Assert.Equal(3, net.Metric("n1", $"metallb_layer2_responses_sent{{ip=\"{Vip}\"}}"));
        Assert.Equal(1, net.Metric("n1", $"metallb_speaker_announced{{ip=\"{Vip}\",node=\"n1\",protocol=\"layer2\",service=\"ns1/web\"}}"));
        Assert.Equal(1, net.Metric("n1", "metallb_allocator_addresses_in_use_total{pool=\"main\"}"));
        net.Change(usual);
        Assert.Empty(net.WhoHas(Vip));
        net.Eventually(() => net.Metric("n1", $"metallb_speaker_announced{{ip=\"{Vip}\",node=\"n1\",protocol=\"layer2\",service=\"ns1/web\"}}") < 0);
    }

    [Fact]
    public void Of_two_interfaces_on_one_switch_those_answer_that_are_named_and_not_excluded()
    {
        const string Second = "02:00:00:00:02:01";
        var web = Nodes() + Pool() + Service() + Slice();
        net.AddInterface("n1", "two", Second);
        try
        {
            net.Speak(web + L2("a", ""));
            net.Launch("n1", exclude: "^docker,^eth");
            Assert.Equal([Second], net.WhoHas(Vip));

            net.Speak(web + L2("a", ""), "n1");
            Assert.Equal([Second, "n1"], net.WhoHas(Vip));
            net.Change(web + L2("a", "interfaces: [eth0]"));
            Assert.Equal(["n1"], net.WhoHas(Vip));
            net.Change(web + L2("a", "interfaces: [eth0]") + L2("b", "interfaces: [two, eth9]"));
            Assert.Equal([Second, "n1"], net.WhoHas(Vip));
        }
        finally
        {
            net.Configure("n1", "link delete two");
        }
    }

    [Fact]
    public void Of_three_nodes_the_one_with_the_smallest_hash_answers_for_each_of_twenty_addresses()
    {
        var addresses = Enumerable.Range(200, 20).Select(i => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{i}")).ToList();
        net.Speak(Usual + string.Concat(addresses.Select((a, i) => Service($"web{i}", a) + Slice($"web{i}"))), All);
        net.Eventually(() => addresses.TrueForAll(a => net.WhoHas(a).SequenceEqual([Winner(a)])));
    }

    [Fact]
    public void Preferences_go_before_the_hash_and_node_selectors_before_both()
    {
        var loser = All.First(n => n != Winner(Vip));
        var pool = Pool() + Service() + Slice();
        net.Speak(Nodes((loser, "fast: very")) + L2("a", "preferredNodeSelectors: [{weight: 50, preference: {matchLabels: {fast: very}}}]") + pool, All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([loser]));

        net.Change(Nodes((loser, "edge: north")) + L2("a", "nodeSelectors: [{matchLabels: {edge: north}}]") + pool);
        Assert.Equal([loser], net.WhoHas(Vip));

        net.Change(Nodes() + L2("a", "nodeSelectors: [{matchLabels: {edge: north}}]") + pool);
        Assert.Empty(net.WhoHas(Vip));
    }

    [Fact]
    public void A_node_that_is_labelled_to_be_left_out_loses_its_addresses()
    {
        var web = Pool() + L2("a", "") + Service() + Slice();
        net.Speak(Nodes() + web, All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Winner(Vip)]));

        net.Change(Nodes((Winner(Vip), "node.kubernetes.io/exclude-from-external-load-balancers: ''")) + web);
        var others = All.Where(n => n != Winner(Vip)).ToArray();
        net.Eventually(() => net.WhoHas(Vip, others) is [var one] && others.Contains(one));
    }

    [Fact]
    public void Under_policy_Local_the_address_is_where_the_pod_is_and_goes_with_it()
    {
        var web = Usual + Service(more: "externalTrafficPolicy: Local");
        net.Speak(web + Slice(endpoints: "n2 n3!"), All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual(["n2"]));
        net.Change(web + Slice(endpoints: "n2! n3"));
        Assert.Equal(["n3"], net.WhoHas(Vip));
        net.Change(web + Slice(endpoints: "n1~"));
        Assert.Equal(["n1"], net.WhoHas(Vip));
    }

    [Fact]
    public void Nobody_answers_without_endpoints_advertisement_or_pool()
    {
        net.Speak(Usual + Service() + Slice(), "n1");
        Assert.Equal(["n1"], net.WhoHas(Vip));
        net.Change(Usual + Service() + Slice(endpoints: "n1!"));
        Assert.Empty(net.WhoHas(Vip));
        net.Change(Nodes() + Pool() + Service() + Slice());
        Assert.Empty(net.WhoHas(Vip));
        net.Change(Nodes() + L2("a", "ipAddressPools: [main]") + Service() + Slice());
        Assert.Empty(net.WhoHas(Vip));
        net.Change(Usual + Service() + Slice());
        Assert.Equal(["n1"], net.WhoHas(Vip));
        net.Change(Usual + Service(addresses: "198.51.100.205") + Slice());
        Assert.Empty(net.WhoHas(Vip));
        Assert.Equal(["n1"], net.WhoHas("198.51.100.205"));
    }

    [Fact]
    public void Only_the_named_interfaces_answer_and_excluded_ones_never()
    {
        var web = Nodes() + Pool() + Service() + Slice();
        net.Speak(web + L2("a", "interfaces: [eth9]"), "n1");
        Assert.Empty(net.WhoHas(Vip));
        net.Change(web + L2("a", "interfaces: [eth9]") + L2("b", "interfaces: [eth0]"));
        Assert.Equal(["n1"], net.WhoHas(Vip));
    }

    [Fact]
    public void An_interface_that_appears_answers_within_ten_seconds_or_so()
    {
        net.Speak(Nodes() + Pool() + Service() + Slice() + L2("a", "interfaces: [late]"), "n1");
        Assert.Empty(net.WhoHas(Vip));
        net.Configure("n1", "link add late type veth peer name late0\nlink set late0 up");
        try
        {
            // The other end of the pair is plugged into the switch.
            net.Configure("n1", $"link set late0 netns {net.NameOf("sw")}\nlink set late address 02:00:00:00:01:01\nlink set late up");
            net.Configure("sw", "link set late0 master br0\nlink set late0 up");
            net.Eventually(() => net.WhoHas(Vip).SequenceEqual(["n1"]));

            // Part of a bridge, as it would be of a bond: that one is asked now.
            net.Configure("n1", "link add bridge type bridge\nlink set late master bridge");
            net.Eventually(() => net.WhoHas(Vip).Length == 0);
        }
        finally
        {
            net.Configure("n1", "link delete late\nlink delete bridge");
        }
    }

    [Fact]
    public void Services_on_one_address_get_one_answer_and_one_may_go()
    {
        var second = "metallb.io/allow-shared-ip: k";
        var one = Service("one", annotations: second) + Slice("one");
        var other = Service("other", more: "externalTrafficPolicy: Cluster", annotations: second).Replace("port: 80,", "port: 443,", StringComparison.Ordinal) + Slice("other");
        net.Speak(Usual + one + other, "n1");
        var start = net.Wire.Count;
        Assert.Equal(["n1"], net.WhoHas(Vip));
        Assert.Single(net.Wire.Since(start), f => f.Kind == "reply" && f.Address == Vip && f.To != Wire.Broadcast);
        net.Change(Usual + other);
        Assert.Equal(["n1"], net.WhoHas(Vip));
    }

    [Fact]
    public void An_IPv6_address_is_told_to_all_nodes_and_to_who_asks_with_its_own_address()
    {
        net.Speak(Usual, "n1");
        Assert.Empty(net.WhoHas(Vip6));
        var start = net.Wire.Count;
        net.Change(Usual + Service(addresses: Vip6) + Slice());
        Assert.Equal(["n1"], net.WhoHas(Vip6));
        var answer = Assert.Single(net.Wire.Since(start), f => f.Kind == "advertisement" && f.Address == Vip6 && f.To != "33:33:00:00:00:01");
        Assert.Equal((0x40, MacOf("n1")), (answer.Flags, answer.Mac));
        net.Eventually(() => net.Wire.Since(start).Any(f => f.Address == Vip6 && f.Target == "ff02::1"));
        Assert.Equal(0x20, net.Wire.Since(start).First(f => f.Address == Vip6 && f.Target == "ff02::1").Flags);
        Assert.Empty(net.WhoAnswers(() => net.Wire.AskWithoutSource(Vip6), Vip6));
    }

    [Fact]
    public void Both_addresses_of_a_Service_are_at_one_node()
    {
        net.Speak(Usual + Service(addresses: $"{Vip},{Vip6}") + Slice(), All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Winner(Vip)]) && net.WhoHas(Vip6).SequenceEqual([Winner(Vip)]));
    }

    internal static string Winner(string address) =>
        All.MinBy(n => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{n}#{address}"))), StringComparer.Ordinal)!;

    private List<Frame> Unasked(int start) => [.. net.Wire.Since(start).Where(f => f.Address == Vip && f.To == Wire.Broadcast)];
}
