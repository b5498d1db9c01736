using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Session affinity, and what becomes of the table when the program ends, starts again and cleans up.</summary>
public sealed class AffinityAndLifeTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Affinity = "sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 300}}";

    [Theory]
    [InlineData("cli")]
    [InlineData("p1")]
    public void A_client_stays_with_its_pod_and_gets_another_when_that_goes(string from)
    {
        net.Apply(Service(more: Affinity) + Slice("1 2 3"));
        var pod = Assert.Single(net.Many(from, "10.96.0.10", 80, 30));
        var others = string.Join(' ', "123".Where(n => n != pod[1]));
        net.Apply(Service(more: Affinity) + Slice(others));
        Assert.Contains(Assert.Single(net.Many(from, "10.96.0.10", 80, 30))[1..2], others, StringComparison.Ordinal);
    }

    [Fact]
    public void Affinity_and_externalTrafficPolicy_Local_go_together()
    {
        net.Apply(Service(ports: NodePorts, more: $"type: NodePort, externalTrafficPolicy: Local, {Affinity}") + Slice("1 2 3@"));
        var answer = Assert.Single(net.Many("cli", "192.0.2.1", 30080, 30));
        Assert.Matches("^p[12] 203.0.113.2$", answer);
    }

    [Fact]
    public async Task A_restart_fails_no_connection_and_leaves_open_ones()
    {
        net.Apply(Service() + Slice("1 2"));
        using var open = net.Open("cli", "10.96.0.10", 80);
        using var done = new CancellationTokenSource();
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                answers.Add(net.Tcp("cli", "10.96.0.10", 80));
            }

            return answers;
        });
        for (var i = 0; i < 3; i++)
        {
            net.Apply(Service() + Slice("1 2"));
        }

        await done.CancelAsync();
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], (await loop).Order(StringComparer.Ordinal));
        Assert.StartsWith("p", Topology.Again(open), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_others_broke_or_took_away_is_whole_after_the_next_start()
    {
        net.Apply(Service() + Slice("1"));
        Assert.Equal(0, net.Nft("delete", "element", "ip", "portico", "service-ways", "{ 10.96.0.10 . tcp . 80 }").Code);
        net.Apply(Service() + Slice("1"));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "10.96.0.10", 80));
        net.Nft("flush", "ruleset");
        net.Apply(Service() + Slice("1"));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "10.96.0.10", 80));
    }

    [Fact]
    public void Cleaning_up_removes_our_tables_and_nothing_else()
    {
        net.Apply(Service() + Slice("1"));
        net.Nft("add", "table", "ip", "foreign");
        Assert.Equal(0, net.Program("node", "--cleanup").Code);
        Assert.Equal("table ip foreign", net.Nft("list", "tables").Output.Trim());
        Assert.Equal(0, net.Program("node", "--cleanup").Code);
        net.Nft("delete", "table", "ip", "foreign");
    }

    [Fact]
    public void A_dry_run_changes_nothing_and_nft_takes_what_it_prints()
    {
        net.Apply(Service() + Slice("1 2"));
        net.Nft("flush", "ruleset");
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Service(more: Affinity) + Slice("1 2"));
        var (code, rules) = net.Program("node", "--dry-run", "--node-name", "node", "--manifests", file);
        Assert.Equal((0, ""), (code, net.Nft("list", "tables").Output));
        File.WriteAllText(file, rules);
        Assert.Equal((0, ""), net.Nft("-f", file));
        File.Delete(file);
        Assert.Single(net.Many("p3", "10.96.0.10", 80, 20));
    }
}
