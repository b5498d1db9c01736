namespace Portico.Flags.Declared;

/// <summary>How the gateway ends.</summary>
internal static class LifetimeFlags
{
    public static FlagGroup Group { get; } = new("Shutdown");

    public static Flag<int> ShutdownGracePeriod { get; } = Group.Add(
        FlagTypes.Seconds, "shutdown-grace-period", 0, "Seconds between SIGTERM and the end of accepting connections. HTTP/1 responses say Connection: close meanwhile.");

    public static Flag<int> PostShutdownGracePeriod { get; } = Group.Add(
        FlagTypes.Seconds, "post-shutdown-grace-period", 10, "Seconds between the end of the last connection and the end of the process.");
}
