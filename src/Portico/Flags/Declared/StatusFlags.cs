using Portico.Ingress;

namespace Portico.Flags.Declared;

/// <summary>What is written back to the cluster, and who writes it.</summary>
internal static class StatusFlags
{
    public static FlagGroup Group { get; } = new("Ingress status");

    public static Flag<NamespacedName?> PublishService { get; } = Group.Add(
        FlagTypes.Object, "publish-service", null, "The Service whose addresses are published; not with --publish-status-address.");

    public static Flag<string> PublishStatusAddress { get; } = Group.Add(
        FlagTypes.Text, "publish-status-address", "", "The addresses to publish, with commas between them; not with --publish-service.");

    public static Flag<bool> ReportNodeInternalIpAddress { get; } = Group.Add(
        FlagTypes.Switch, "report-node-internal-ip-address", false, "Publish internal rather than external addresses of nodes.");

    public static Flag<bool> UpdateStatus { get; } = Group.Add(
        FlagTypes.Switch, "update-status", true, "Write addresses into the status of Ingresses.");

    public static Flag<bool> UpdateStatusOnShutdown { get; } = Group.Add(
        FlagTypes.Switch, "update-status-on-shutdown", true, "Clear them when the last gateway ends.");

    public static Flag<int> StatusUpdateInterval { get; } = Group.Add(
        FlagTypes.Seconds, "status-update-interval", 60, "Seconds between two looks at the addresses, 5 at least.");

    public static Flag<bool> DisableLeaderElection { get; } = Group.Add(
        FlagTypes.Switch, "disable-leader-election", false, "No Lease; nobody writes status.");

    public static Flag<string> ElectionId { get; } = Group.Add(
        FlagTypes.Name, "election-id", "ingress-controller-leader", "The name of the Lease.");

    public static Flag<TimeSpan> ElectionTtl { get; } = Group.Add(
        FlagTypes.Duration, "election-ttl", TimeSpan.FromSeconds(30), "How long the Lease lasts without renewal.");

    public static Flag<bool> DisableSyncEvents { get; } = Group.Add(
        FlagTypes.Switch, "disable-sync-events", false, "Write no events to objects.");
}
