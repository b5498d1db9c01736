using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Session affinity by the client's address: who shares it, how long it lasts, what ends it.</summary>
public sealed class AffinityTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";
    private const string Vip = "198.51.100.10";
    private static readonly string[] Clients = ["cli", "net", "p1", "p2", "p3", "node"];

    [Fact]
    public void Fifty_connections_of_a_client_reach_one_pod_and_clients_have_pods_of_their_own()
    {
        var pods = new HashSet<string>(StringComparer.Ordinal);

        // Six clients that draw one of three pods meet the same one in 1 of 243 cases.
        for (var tries = 0; tries < 10 && pods.Count < 2; tries++)
        {
            net.Apply(Service(more: Sticky(300)) + Slice("1 2 3"));
            pods = [.. Clients.Select(from => Assert.Single(net.Counted(from, Address, 80, 50)).Key.Split(' ')[0])];
        }

        Assert.True(pods.Count > 1, $"all have {string.Join(' ', pods)}");
    }

    [Fact]
    public void All_ways_to_a_port_share_it()
    {
        for (var i = 0; i < 4; i++)
        {
            net.Apply(Service(ports: NodePorts, more: $"type: LoadBalancer, {Sticky(300)}", status: $"{{ip: {Vip}}}") + Slice("1 2 3"));
            foreach (var client in Clients)
            {
                var pods = ((string, int)[])[(Address, 80), ("192.0.2.1", 30080), (Vip, 80), (Address, 80)];
                Assert.Single(pods.Select(way => net.Tcp(client, way.Item1, way.Item2).Split(' ')[0]).Distinct());
            }
        }
    }

    [Fact]
    public void Each_connection_makes_it_last_anew_and_without_one_it_ends()
    {
        net.Apply(Service(more: Sticky(300)) + Slice("1 2 3"));
        net.Tcp("cli", Address, 80);
        Assert.Equal(300, Remembered().Timeout);
        Until.True(
            () =>
            {
                var before = Remembered().Expires;
                net.Tcp("cli", Address, 80);
                return Remembered().Expires > before;
            },
            () => "a connection does not make it last longer");

        net.Apply(Service(more: Sticky(1)) + Slice("1 2 3"));
        var first = Pod("cli");
        Until.True(
            () =>
            {
                Until.True(() => Remembered().Timeout == 0, () => "the client is remembered for ever");
                return Pod("cli") != first;
            },
            () => "the client gets the same pod again and again");
    }

    [Fact]
    public void When_an_endpoint_goes_its_clients_move_and_others_stay()
    {
        using var program = net.StartLive(Service(more: Sticky(300)) + Slice("1 2 3"));
        var before = Clients.ToDictionary(c => c, Pod);
        var gone = before["cli"];
        var left = string.Join(' ', "123".Where(n => n != gone[1]));
        net.Change(Service(more: Sticky(300)) + Slice(left));
        Until.True(() => Pod("cli") != gone, () => "the client stays with a pod that has gone");
        var after = Clients.ToDictionary(c => c, Pod);
        foreach (var client in Clients)
        {
            Assert.Equal(after[client], Assert.Single(net.Counted(client, Address, 80, 20)).Key.Split(' ')[0]);
            Assert.True(before[client] == gone || before[client] == after[client], $"{client} moved from {before[client]} to {after[client]}");
        }

        net.Change(Service(more: Sticky(300)) + Slice("1 2 3") + Service("marker", "10.96.0.11") + Slice("1", "marker"));
        Until.Is("p1", () => net.TcpForASecond("p2", "10.96.0.11", 80)[..2]);
        Assert.Equal(after, Clients.ToDictionary(c => c, Pod));
    }

    [Fact]
    public async Task It_is_switched_on_and_off_without_a_connection_that_fails()
    {
        using var program = net.StartLive(Service() + Slice("1 2 3"));
        using var done = new CancellationTokenSource();
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                answers.Add(net.Tcp("cli", Address, 80));
            }

            return answers;
        });
        net.Change(Service(more: Sticky(300)) + Slice("1 2 3"));
        Until.True(() => net.Counted("p3", Address, 80, 30).Count == 1, () => "it is not switched on");
        net.Change(Service() + Slice("1 2 3"));
        Until.True(() => net.Counted("p3", Address, 80, 30).Count == 3, () => "it is not switched off");
        await done.CancelAsync();
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"], (await loop).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Who_finds_the_memory_full_is_served_and_not_remembered()
    {
        net.Apply(Service(more: Sticky(300)) + Slice("1 2 3"));
        var text = new StringBuilder();
        for (var i = 0; i < 262_144; i++)
        {
            text.Append(i % 8192 == 0 ? "add element ip portico affinity { " : ", ")
                .Append(CultureInfo.InvariantCulture, $"0x00000001 . 10.{128 + (i >> 16)}.{(i >> 8) & 255}.{i & 255} timeout 600s : 0x00000001")
                .Append(i % 8192 == 8191 ? " }\n" : "");
        }

        File.WriteAllText(net.FileNamed("full.nft"), text.ToString());
        Assert.Equal((0, ""), net.Nft("-f", net.FileNamed("full.nft")));
        Assert.Equal(3, net.Counted("cli", Address, 80, 60).Count);
        Assert.Equal((0, ""), net.Nft("flush", "map", "ip", "portico", "affinity"));
        Assert.Single(net.Counted("cli", Address, 80, 60));
    }

    private static string Sticky(int seconds) => $"sessionAffinity: ClientIP, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: {seconds}}}}}";

    private string Pod(string client) => net.Tcp(client, Address, 80).Split(' ')[0];

    /// <summary>How long the kernel remembers the only client, and how much of that is left, in seconds; zeros when it remembers nobody.</summary>
    private (double Timeout, double Expires) Remembered()
    {
        using var document = JsonDocument.Parse(net.Nft("-j", "list", "map", "ip", "portico", "affinity").Output);
        var map = document.RootElement.GetProperty("nftables").EnumerateArray().Single(o => o.TryGetProperty("map", out _)).GetProperty("map");
        if (!map.TryGetProperty("elem", out var elements))
        {
            return (0, 0);
        }

        var element = elements[0][0].GetProperty("elem");
        return (element.GetProperty("timeout").GetDouble(), element.GetProperty("expires").GetDouble());
    }
}
