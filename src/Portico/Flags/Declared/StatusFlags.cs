using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>What is written back to the cluster, and who writes it.</summary>
internal static class StatusFlags
{
    private const string NoStatusYet = "status is written once the cluster is a source";

    public static FlagGroup Group { get; } = new("Ingress status");

    public static Flag<NamespacedName?> PublishService { get; } = Group.AddNotYet(
        FlagTypes.Object, "publish-service", null, "The Service whose addresses are published; not with --publish-status-address.", NoStatusYet);

    public static Flag<string> PublishStatusAddress { get; } = Group.AddNotYet(
        FlagTypes.Text, "publish-status-address", "", "The addresses to publish, with commas between them; not with --publish-service.", NoStatusYet);

    public static Flag<bool> ReportNodeInternalIpAddress { get; } = Group.AddNotYet(
        FlagTypes.Switch, "report-node-internal-ip-address", false, "Publish internal rather than external addresses of nodes.", NoStatusYet);

    public static Flag<bool> UpdateStatus { get; } = Group.AddNotYet(
        FlagTypes.Switch, "update-status", true, "Write addresses into the status of Ingresses.", NoStatusYet);

    public static Flag<bool> UpdateStatusOnShutdown { get; } = Group.AddNotYet(
        FlagTypes.Switch, "update-status-on-shutdown", true, "Clear them when the last gateway ends.", NoStatusYet);

    public static Flag<int> StatusUpdateInterval { get; } = Group.AddNotYet(
        FlagTypes.Seconds, "status-update-interval", 60, "Seconds between two looks at the addresses, 5 at least.", NoStatusYet);

    public static Flag<bool> DisableLeaderElection { get; } = Group.AddNotYet(
        FlagTypes.Switch, "disable-leader-election", false, "No Lease; nobody writes status.", NoStatusYet);

    public static Flag<string> ElectionId { get; } = Group.AddNotYet(
        FlagTypes.Name, "election-id", "ingress-controller-leader", "The name of the Lease.", NoStatusYet);

    public static Flag<TimeSpan> ElectionTtl { get; } = Group.AddNotYet(
        FlagTypes.Duration, "election-ttl", TimeSpan.FromSeconds(30), "How long the Lease lasts without renewal.", NoStatusYet);

    public static Flag<bool> DisableSyncEvents { get; } = Group.AddNotYet(
        FlagTypes.Switch, "disable-sync-events", false, "Write no events to objects.", "events are written once the cluster is a source");
}
