using Portico.Kubernetes.Api;
using Portico.Kubernetes.Events;
using Portico.Kubernetes.Leadership;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;

namespace Portico.LoadBalancer.Controlling;

/// <summary>The controller in a cluster: one of several processes leads by a Lease, writes status, annotation and events.</summary>
internal static class ClusterController
{
    /// <summary>For giving the Lease back.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    /// <summary>What a speaker needs to know beside.</summary>
    public static ApiSourceOptions WatchesOfSpeaker(string ns) => Watches(ns) with
    {
        Kinds =
        [
            .. Watches(ns).Kinds!, (ResourceKind.EndpointSlice, ""), (ResourceKind.Node, ""), (ResourceKind.L2Advertisement, ns),
            (ResourceKind.BGPAdvertisement, ns), (ResourceKind.BGPPeer, ns), (ResourceKind.Community, ns), (ResourceKind.BFDProfile, ns),
        ],
    };

    /// <summary>What the controller watches: pools in its own namespace, Services and namespaces everywhere.</summary>
    public static ApiSourceOptions Watches(string ns) => new()
    {
        Kinds = [(ResourceKind.Service, ""), (ResourceKind.Namespace, ""), (ResourceKind.IPAddressPool, ns)],
    };

    /// <param name="self">Who reports into MetalLB's objects.</param>
    public static async Task RunAsync(
        ApiClient client, LeaderElectionOptions election, AddressControllerOptions options, ReportingPod self, BalancerObservers observers, Func<string, ApiSourceOptions> watches, Action<string> log, CancellationToken stop,
        Speaker? speaker = null, ReportTimes? times = null)
    {
        AddressController? controller = null;
        var leader = new LeaderElection(
            client,
            election,
            leads =>
            {
                log(leads ? "leads: hands out addresses" : "does not lead any more");
                controller!.LeadershipChanged(leads);
            },
            log);
        var events = new EventRecorder(client, election.Identity, log, component: "portico-loadbalancer");
        if (speaker?.Router is { } bgp)
        {
            bgp.Router.SessionChanged += news => events.Record(
                new EventReference("metallb.io/v1beta2", "BGPPeer", news.Peer.Namespace, news.Peer.Name, news.Peer.Uid, news.Peer.ResourceVersion),
                news.IsUp ? EventType.Normal : EventType.Warning,
                news.IsUp ? "SessionUp" : "SessionDown",
                news.Message);
        }

        var reports = new ClusterReports(client, self, () => leader.IsLeader, log, times);
        controller = new AddressController(options, new ClusterAssignments(client, events, () => leader.IsLeader, log), observers, log, leads: false, speaker, reports);
        await using var source = new ApiSource(client, watches(election.Namespace));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var duties = Task.WhenAll(leader.RunAsync(end.Token), events.RunAsync(end.Token), reports.RunAsync(end.Token));
        try
        {
            await controller.RunAsync(source, stop);
        }
        finally
        {
            await end.CancelAsync();
            await duties;
            using var limit = new CancellationTokenSource(StopLimit);
            await leader.ReleaseAsync(limit.Token);
        }
    }
}
