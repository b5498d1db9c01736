using System.Globalization;
using Portico.Kubernetes.Leadership;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Writing;

public class LeaderElectionTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task The_first_makes_the_Lease_and_leads_the_second_waits()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var first = new Candidate(cluster, "first");
        await Eventually.TrueAsync(() => first.Election.IsLeader, "the first one leads");
        await using var second = new Candidate(cluster, "second");
        await Eventually.TrueAsync(() => cluster.Count("get", "leases") > 10, "both have looked several times");

        Assert.False(second.Election.IsLeader);
        var spec = cluster.Server.Get("leases", "gateways", "election")!["spec"]!;
        Assert.Equal("first", spec["holderIdentity"]!.GetValue<string>());
        Assert.Equal(2, spec["leaseDurationSeconds"]!.GetValue<int>());
        Assert.Equal(0, spec["leaseTransitions"]!.GetValue<int>());
    }

    [Fact]
    public async Task Given_back_the_Lease_goes_over_at_once()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var first = new Candidate(cluster, "first", TimeSpan.FromMinutes(10));
        await Eventually.TrueAsync(() => first.Election.IsLeader, "the first one leads");
        await first.StopAsync();
        await first.Election.ReleaseAsync(TestContext.Current.CancellationToken);
        Assert.False(first.Election.IsLeader);

        await using var second = new Candidate(cluster, "second", TimeSpan.FromMinutes(10));
        await Eventually.TrueAsync(() => second.Election.IsLeader, "the second one leads");
        Assert.Equal(1, cluster.Server.Get("leases", "gateways", "election")!["spec"]!["leaseTransitions"]!.GetValue<int>());
    }

    [Fact]
    public async Task After_a_crash_another_takes_over_when_the_Lease_has_run_out()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var first = new Candidate(cluster, "first");
        await Eventually.TrueAsync(() => first.Election.IsLeader, "the first one leads");
        await first.StopAsync();
        await using var second = new Candidate(cluster, "second");
        await Eventually.TrueAsync(() => second.Election.IsLeader, "the second one leads");

        // Its own clock has ended the leadership of the first before.
        Assert.False(first.Election.IsLeader);
    }

    [Fact]
    public async Task Times_in_the_Lease_do_not_count_only_those_that_were_seen()
    {
        await using var cluster = await WritingCluster.StartAsync(Lease("stranger", DateTimeOffset.UtcNow.AddHours(-5), seconds: 3600));
        await using var candidate = new Candidate(cluster, "first");
        await Eventually.TrueAsync(() => cluster.Count("get", "leases") > 10, "it has looked several times");
        Assert.False(candidate.Election.IsLeader);

        await using var other = await WritingCluster.StartAsync(Lease("stranger", DateTimeOffset.UtcNow.AddHours(5), seconds: 1));
        await using var patient = new Candidate(other, "first");
        await Eventually.TrueAsync(() => patient.Election.IsLeader, "a Lease from the future runs out as any other");
    }

    [Fact]
    public async Task Of_two_who_write_at_once_one_leads()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var first = new Candidate(cluster, "first");
        await using var second = new Candidate(cluster, "second");
        await Eventually.TrueAsync(() => first.Election.IsLeader || second.Election.IsLeader, "one of them leads");
        await Eventually.TrueAsync(() => cluster.Count("get", "leases") > 20, "both have looked several times");

        Assert.NotEqual(first.Election.IsLeader, second.Election.IsLeader);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_ends_before_its_Lease_does()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var first = new Candidate(cluster, "first");
        await Eventually.TrueAsync(() => first.Election.IsLeader, "the first one leads");
        cluster.Server.GoAway();
        await Eventually.TrueAsync(() => !first.Election.IsLeader, "it ends");
        await Eventually.TrueAsync(() => first.Changes is [true, false], "and says so");

        cluster.Server.ComeBack();
        await Eventually.TrueAsync(() => first.Election.IsLeader, "it leads again");

        // A server that goes away ends a connection in one way and refuses the next in another: what is the same is said once.
        Assert.NotEmpty(first.Log);
        Assert.DoesNotContain(first.Log.Zip(first.Log.Skip(1)), pair => pair.First == pair.Second);
    }

    [Fact]
    public async Task What_others_keep_in_the_Lease_stays()
    {
        var lease = Lease("", DateTimeOffset.UtcNow, seconds: 1).Replace("namespace: gateways", "namespace: gateways, labels: {kept: yes-please}", StringComparison.Ordinal);
        await using var cluster = await WritingCluster.StartAsync(lease);
        await using var first = new Candidate(cluster, "first");
        await Eventually.TrueAsync(() => first.Election.IsLeader, "it leads");

        Assert.Equal("yes-please", cluster.Server.Get("leases", "gateways", "election")!["metadata"]!["labels"]!["kept"]!.GetValue<string>());
    }

    private static string Lease(string holder, DateTimeOffset renewed, int seconds) => string.Create(CultureInfo.InvariantCulture, $$"""
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: election, namespace: gateways}
        spec:
          holderIdentity: "{{holder}}"
          leaseDurationSeconds: {{seconds}}
          renewTime: "{{renewed.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}}"
        """);

    /// <summary>One who wants to lead; its task ends with the test.</summary>
    private sealed class Candidate : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Candidate(WritingCluster cluster, string identity, TimeSpan? ttl = null)
        {
            var options = new LeaderElectionOptions { Namespace = "gateways", Name = "election", Identity = identity, Ttl = ttl ?? Ttl };
            Election = new LeaderElection(cluster.Client, options, Changes.Add, Log.Add);
            _task = Election.RunAsync(_stop.Token);
        }

        public LeaderElection Election { get; }

        public List<bool> Changes { get; } = [];

        public List<string> Log { get; } = [];

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _task;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }
    }
}
