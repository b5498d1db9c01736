using Portico.Http.Http1;
using Portico.Model;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Serving;

/// <summary>
/// One published configuration, compiled: what a request reads from its begin to its end. Immutable, shared by all shards.
/// </summary>
internal sealed class Snapshot
{
    private Snapshot(GatewayModel model, RoutingTable table)
    {
        Model = model;
        Table = table;
        Settings = CompiledSettings.For(model.Settings);
        LogFormat = AccessLogFormat.Compile(model.Settings.AccessLog.Format, model.Settings.AccessLog.Escape, LogVariables.Resolve);
        LogFilter = new AccessLogFilter(model.Settings.AccessLog);
        Limits = LimitsOf(model.Settings.Client);
    }

    public GatewayModel Model { get; }

    public RoutingTable Table { get; }

    /// <summary>By the index of the model's listener.</summary>
    public IReadOnlyList<ListenerTable> Listeners => Table.Listeners;

    public CompiledSettings Settings { get; }

    public AccessLogFormat LogFormat { get; }

    public AccessLogFilter LogFilter { get; }

    public Http1Limits Limits { get; }

    public static Snapshot Compile(GatewayModel model, Snapshot? previous, BackendRegistryAndMetrics sources) =>
        new(model, RoutingTable.Compile(model, previous?.Table, sources.Backends));

    private static Http1Limits LimitsOf(ClientLimits client) => new()
    {
        Head = new HeadLimits(client.HeaderBufferBytes, client.HeaderBufferCount),
        HeadTimeout = client.HeaderTimeout,
        BodyTimeout = client.BodyTimeout,
        SendTimeout = client.SendTimeout,
        KeepAliveTimeout = client.KeepAliveTimeout,
        KeepAliveRequests = client.KeepAliveRequests,
    };
}
