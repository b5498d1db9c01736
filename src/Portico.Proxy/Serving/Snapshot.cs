using System.Collections.Immutable;
using Portico.Http.Http1;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.Proxy.Streams;

namespace Portico.Proxy.Serving;

/// <summary>
/// One published configuration, compiled: what a request reads from its begin to its end. Immutable, shared by all shards.
/// </summary>
internal sealed class Snapshot
{
    private Snapshot(GatewayModel model, RoutingTable table, BackendRegistry backends, Snapshot? previous)
    {
        Model = model;
        Table = table;
        Passthrough = [.. model.Listeners.Select((listener, i) => PassthroughTable.For(listener, backends, i < previous?.Passthrough.Length ? previous.Passthrough[i] : null))];
        Settings = CompiledSettings.For(model.Settings);
        var log = model.Settings.AccessLog;
        if (previous is not null && ReferenceEquals(previous.Model.Settings, model.Settings))
        {
            LogFormat = previous.LogFormat;
            StreamLogFormat = previous.StreamLogFormat;
            LogFilter = previous.LogFilter;
            Limits = previous.Limits;
            SettingsProblems = previous.SettingsProblems;
        }
        else
        {
            LogFormat = AccessLogFormat.Compile(log.Format, log.Escape);
            StreamLogFormat = StreamLogFormat.Compile(model.Settings.Streams.Log.Format);
            LogFilter = new AccessLogFilter(log);
            Limits = LimitsOf(model.Settings.Client);
            SettingsProblems = [.. FindSettingsProblems()];
        }
    }

    public GatewayModel Model { get; }

    public RoutingTable Table { get; }

    /// <summary>In the order of the model's listeners; null for one that passes nothing through.</summary>
    public PassthroughTable?[] Passthrough { get; }

    public CompiledSettings Settings { get; }

    public AccessLogFormat LogFormat { get; }

    public StreamLogFormat StreamLogFormat { get; }

    public AccessLogFilter LogFilter { get; }

    public Http1Limits Limits { get; }

    /// <summary>What of the settings could not be honoured.</summary>
    public ImmutableArray<RoutingProblem> SettingsProblems { get; }

    /// <summary>Compiles a model; what did not change is taken over from the snapshot before. Control thread.</summary>
    public static Snapshot Compile(GatewayModel model, Snapshot? previous, BackendRegistry backends, RequestMetrics metrics, PolicyState state) =>
        new(model, RoutingTable.Compile(model, previous?.Table, backends, metrics, state), backends, previous);

    private IEnumerable<RoutingProblem> FindSettingsProblems() =>
        Settings.ResponseHeaders.UnknownVariables.Concat(Settings.RequestHeaders.UnknownVariables).Concat(LogFormat.UnknownVariables).Concat(StreamLogFormat.UnknownVariables)
            .Distinct().Select(name => RoutingProblem.NoSuchVariable("", null, name))
            .Concat(Settings.Model.AccessLog.SkipTargets.Where(e => SkippedTargets.FindError(e) is not null).Select(entry => new RoutingProblem(
                "", null, RoutingProblem.BadRegex, $"skip-access-log-urls '{entry}': {SkippedTargets.FindError(entry)}; the entry skips nothing")))
            .Concat(Settings.BlockingProblems.Select(entry =>
                new RoutingProblem("", null, RoutingProblem.BadRegex, $"block-user-agents or block-referers: {entry}; the entry blocks nobody")))
            .Concat(Settings.Compression?.Problem is { } problem ? [new RoutingProblem("", null, RoutingProblem.BadRegex, problem)] : []);

    private static Http1Limits LimitsOf(ClientLimits client) => new()
    {
        Head = new HeadLimits(client.HeaderBufferBytes, client.HeaderBufferCount),
        HeadTimeout = client.HeaderTimeout,
        BodyTimeout = client.BodyTimeout,
        SendTimeout = client.SendTimeout,
        KeepAliveTimeout = client.KeepAliveTimeout,
        KeepAliveRequests = client.KeepAliveRequests,
        Http2 = client.Http2,
        MaxConcurrentStreams = client.Http2MaxConcurrentStreams,
    };
}

/// <summary>The snapshot in force: written by the control thread, read by every request once.</summary>
internal sealed class SnapshotSource(Snapshot first)
{
    private volatile Snapshot _current = first;

    public Snapshot Current
    {
        get => _current;
        set => _current = value;
    }
}
