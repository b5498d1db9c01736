using System.Collections.Immutable;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Routing;

/// <summary>
/// A <see cref="GatewayModel"/> ready to serve: what the control loop publishes to all shards by one reference. Immutable. Hosts that
/// the model took over from the one before by reference are taken over here too, so a change costs what has changed.
/// </summary>
public sealed class RoutingTable
{
    private readonly CertificateIndex[] _certificates;

    private RoutingTable(GatewayModel model, ImmutableArray<ListenerTable> listeners, CertificateIndex[] certificates, BackendState? defaultBackend, ImmutableArray<RoutingProblem> problems)
    {
        Model = model;
        Listeners = listeners;
        DefaultBackend = defaultBackend;
        _certificates = certificates;
        Problems = problems;
    }

    public GatewayModel Model { get; }

    /// <summary>In the order of <see cref="GatewayModel.Listeners"/>.</summary>
    public ImmutableArray<ListenerTable> Listeners { get; }

    /// <summary>The backend of <see cref="GlobalSettings.DefaultBackend"/>.</summary>
    public BackendState? DefaultBackend { get; }

    /// <summary>What of the model could not be honoured, old problems included.</summary>
    public ImmutableArray<RoutingProblem> Problems { get; }

    /// <summary>Compiles a model, and brings the registry to its backends and endpoints. Control thread.</summary>
    /// <param name="previous">The table that was compiled last with this registry; null for the first one.</param>
    public static RoutingTable Compile(GatewayModel model, RoutingTable? previous, BackendRegistry backends, RequestMetrics? metrics = null) =>
        Compile(model, previous, backends, metrics, new PolicyState());

    /// <param name="state">What policies remember from table to table.</param>
    internal static RoutingTable Compile(
        GatewayModel model, RoutingTable? previous, BackendRegistry backends, RequestMetrics? metrics, PolicyState state)
    {
        backends.Apply(model.Backends, model.BackendChange);
        var listeners = CompileListeners(model, previous, new HostCompiler(model, backends, metrics, state));
        var certificates = CompileCertificates(model, previous);
        var defaultBackend = model.Settings.DefaultBackend is { } id && backends.TryGet(id, out var living) ? living : null;
        ImmutableArray<RoutingProblem> problems = [.. Indexes(listeners).SelectMany(index => index.Problems), .. backends.FindUnusable(), .. backends.FindBrokenCanaries()];
        var table = new RoutingTable(model, listeners, certificates, defaultBackend, problems);
        table.RetireBackends(backends);
        return table;
    }

    /// <summary>Whether a certificate table has an entry for the host: its own name, or a wildcard in place of its first label.</summary>
    /// <param name="host">As <see cref="HostNames"/> makes it.</param>
    public bool HasCertificate(ReadOnlySpan<byte> host)
    {
        foreach (var certificates in _certificates)
        {
            if (certificates.Covers(host))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether every listener leads to the very same compiled hosts.</summary>
    internal bool HasSameHosts(RoutingTable other) => Listeners.Select(listener => listener.Hosts).SequenceEqual(other.Listeners.Select(listener => listener.Hosts));

    /// <summary>The handles of all routes that are counted.</summary>
    internal IEnumerable<RouteMetrics> AllMetrics() =>
        Indexes(Listeners).SelectMany(index => index.Hosts).SelectMany(host => host.Routes).Select(route => route.Metrics).OfType<RouteMetrics>();

    private static ImmutableArray<ListenerTable> CompileListeners(GatewayModel model, RoutingTable? previous, HostCompiler compiler)
    {
        // Policies are compiled from route and settings: other settings make every compiled route stale.
        var earlier = previous is not null && ReferenceEquals(previous.Model.Settings, model.Settings) ? previous.Listeners : [];
        var indexes = Indexes(earlier).ToList();
        var listeners = ImmutableArray.CreateBuilder<ListenerTable>(model.Listeners.Length);
        foreach (var listener in model.Listeners)
        {
            var index = indexes.Find(index => ReferenceEquals(index.Model, listener.Hosts));
            if (index is null)
            {
                // What the listener had before has most in common with what it has now.
                var basis = earlier.FirstOrDefault(table => table.Model.Name == listener.Name)?.Hosts;
                index = HostIndex.Build(listener.Hosts, [.. indexes.OrderByDescending(other => other == basis)], compiler);
                indexes.Add(index);
            }

            listeners.Add(new ListenerTable(listener, index));
        }

        return listeners.ToImmutable();
    }

    private static CertificateIndex[] CompileCertificates(GatewayModel model, RoutingTable? previous)
    {
        var tables = model.Listeners.Select(listener => listener.Certificates).OfType<CertificateTable>().Distinct(ReferenceEqualityComparer.Instance);
        var earlier = previous?._certificates ?? [];
        return
        [
            .. tables.Cast<CertificateTable>().Select(table =>
                earlier.FirstOrDefault(index => ReferenceEquals(index.Model, table)) ?? CertificateIndex.Build(table, earlier.FirstOrDefault())),
        ];
    }

    private static HostIndex[] Indexes(ImmutableArray<ListenerTable> listeners) => [.. listeners.Select(listener => listener.Hosts).Distinct()];

    /// <summary>
    /// Deals with backends that the model no longer holds: one that a route still names has no endpoints from now on,
    /// one that no route names is forgotten.
    /// </summary>
    private void RetireBackends(BackendRegistry backends)
    {
        var vanished = backends.TakeVanished();
        if (vanished.Count == 0)
        {
            return;
        }

        var named = new HashSet<BackendState>(
            Indexes(Listeners).SelectMany(index => index.Hosts).SelectMany(host => host.Routes).SelectMany(route => route.Targets).Select(target => target.Backend));
        foreach (var backend in vanished)
        {
            if (!named.Contains(backend) && backend != DefaultBackend)
            {
                backends.Remove(backend);
            }
            else
            {
                backends.KeepVanished(backend);
                if (!backend.Model.Endpoints.IsEmpty || backend.Model.Dns is not null)
                {
                    backends.Update(backend.Model with { Endpoints = [], Dns = null });
                }
            }
        }
    }
}
