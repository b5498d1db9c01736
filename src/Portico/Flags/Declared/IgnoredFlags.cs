namespace Portico.Flags.Declared;

/// <summary>Flags of ingress-nginx that steer parts which do not exist here. Each is accepted and warned about.</summary>
internal static class IgnoredFlags
{
    private const string NoInternalPorts = "there are no internal ports";
    private const string NoLogFiles = "messages go to standard error";

    static IgnoredFlags()
    {
        Group.AddIgnored(FlagTypes.Port, "default-server-port", "the 404 page needs no server of its own");
        Group.AddIgnored(FlagTypes.Port, "status-port", NoInternalPorts);
        Group.AddIgnored(FlagTypes.Port, "stream-port", NoInternalPorts);
        Group.AddIgnored(FlagTypes.Port, "ssl-passthrough-proxy-port", NoInternalPorts);
        Group.AddIgnored(FlagTypes.Count, "dynamic-configuration-retries", "a change is one swap of a reference and cannot fail half way");
        Group.AddIgnored(FlagTypes.Number, "sync-rate-limit", "a change costs its own size and is applied within milliseconds");
        Group.AddIgnored(FlagTypes.Duration, "sync-period", "the watch is the only source of changes");
        Group.AddIgnored(FlagTypes.Count, "monitor-max-batch-size", "requests are counted where they are served, not sampled in batches");
        Group.AddIgnored(FlagTypes.Text, "internal-logger-address", "there is no chroot to log out of");
        Group.AddIgnored(FlagTypes.Switch, "disable-full-test", "there is no configuration text to test");
        Group.AddIgnored(FlagTypes.Seconds, "health-check-timeout", "ingress-nginx does not use it either");
        Group.AddIgnored(FlagTypes.Switch, "profiling", "use dotnet-trace and dotnet-counters");
        Group.AddIgnored(FlagTypes.Text, "profiler-address", "use dotnet-trace and dotnet-counters");
        Group.AddIgnored(FlagTypes.Port, "profiler-port", "use dotnet-trace and dotnet-counters");
        Group.AddIgnored(FlagTypes.Switch, "alsologtostderr", NoLogFiles);
        Group.AddIgnored(FlagTypes.Text, "log_dir", NoLogFiles);
        Group.AddIgnored(FlagTypes.Text, "log_file", NoLogFiles);
        Group.AddIgnored(FlagTypes.Text, "log_file_max_size", NoLogFiles);
        Group.AddIgnored(FlagTypes.Text, "log_backtrace_at", "messages carry no traces of Go");
        Group.AddIgnored(FlagTypes.Text, "stderrthreshold", NoLogFiles);
        Group.AddIgnored(FlagTypes.Text, "vmodule", "-v holds for everything");
        Group.AddIgnored(FlagTypes.Switch, "add_dir_header", "messages name no source files");
        Group.AddIgnored(FlagTypes.Switch, "skip_headers", "messages have one form");
        Group.AddIgnored(FlagTypes.Switch, "skip_log_headers", NoLogFiles);
        Group.AddIgnored(FlagTypes.Switch, "one_output", NoLogFiles);
    }

    public static FlagGroup Group { get; } = new("Accepted without effect, with a warning");
}
