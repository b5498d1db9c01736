namespace Portico.Flags.Declared;

/// <summary>What is said on the way, and klog's flags.</summary>
internal static class LogFlags
{
    public static FlagGroup Group { get; } = new("Output");

    public static Flag<int> Verbosity { get; } = Group.Add(
        FlagTypes.Count, "v", 0, "How much is logged: 2 and more adds changes in detail, 5 and more debugging.");

    public static Flag<bool> LogToStandardError { get; } = Group.Add(
        FlagTypes.Switch, "logtostderr", true, "Accepted; messages always go to standard error, the access log to standard output.");

    public static Flag<bool> Version { get; } = Group.Add(
        FlagTypes.Switch, "version", false, "Print the version and end.");
}
