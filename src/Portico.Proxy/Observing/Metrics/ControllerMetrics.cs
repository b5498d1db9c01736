using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>An Ingress that leads nowhere.</summary>
/// <param name="Type"><c>no-service</c> or <c>no-endpoint</c>.</param>
public readonly record struct OrphanIngress(string Namespace, string Name, string Type)
{
    public const string NoService = "no-service";
    public const string NoEndpoint = "no-endpoint";
}

/// <summary>
/// What the control loop tells about its work. The control loop reports by swapping one immutable state; scrapes render
/// whatever state they find. "Reload" in the names means publishing a snapshot here.
/// </summary>
public sealed class ControllerMetrics(ConstantLabels constantLabels, BuildInfo build, TimeProvider time)
{
    private readonly CertificateMetrics _certificates = new(constantLabels);
    private readonly Lock _gate = new();
    private volatile State _state = new();

    /// <summary>A snapshot serves.</summary>
    /// <param name="hash">Any number that differs when the configuration differs.</param>
    /// <param name="findings">How many are in force, by <see cref="FindingSeverity"/>.</param>
    public void Published(GatewayModel model, ulong hash, ImmutableArray<int> findings) => Change(state => state with
    {
        Model = model,
        Hash = hash,
        LastSuccessful = true,
        Successes = state.Successes + 1,
        LastSuccessSeconds = time.GetUtcNow().ToUnixTimeSeconds(),
        Findings = findings,
    });

    /// <summary>A snapshot could not be made; the previous one goes on serving.</summary>
    public void PublishFailed() => Change(state => state with { Hash = 0, LastSuccessful = false, Failures = state.Failures + 1 });

    public void OrphansFound(ImmutableArray<OrphanIngress> orphans) => Change(state => state with { Orphans = orphans });

    /// <summary>Only the leader reports certificates. Where there is no election (a folder of manifests) everybody leads.</summary>
    /// <param name="lease">The name of the Lease, or null without election.</param>
    public void LeadershipChanged(bool leader, string? lease) => Change(state => state with { Leader = leader, Lease = lease });

    /// <summary>Portico's own names; on every page.</summary>
    public IEnumerable<MetricFamily> OwnFamilies()
    {
        yield return new MetricFamily(ControllerMetricDeclarations.PorticoBuildInfo, text =>
        {
            text.Labels.Add("version"u8, build.Release);
            text.Sample(1);
        });
        yield return new MetricFamily(ControllerMetricDeclarations.SnapshotsPublished, text => text.Sample(_state.Successes));
        yield return new MetricFamily(ControllerMetricDeclarations.SnapshotTimestamp, text => text.Sample(_state.LastSuccessSeconds));
        yield return new MetricFamily(ControllerMetricDeclarations.Findings, WriteFindings);
    }

    /// <summary>ingress-nginx's names; only with <c>--enable-metrics</c>.</summary>
    public IEnumerable<MetricFamily> NginxFamilies()
    {
        yield return new MetricFamily(ControllerMetricDeclarations.BuildInfo, WriteBuildInfo);
        yield return Labelled(ControllerMetricDeclarations.ConfigHash, s => s.Hash);
        yield return Labelled(ControllerMetricDeclarations.LastReloadSuccessful, s => s.LastSuccessful ? 1 : 0);
        yield return Labelled(ControllerMetricDeclarations.LastReloadTimestamp, s => s.LastSuccessSeconds);
        yield return Labelled(ControllerMetricDeclarations.Success, s => s.Successes);
        yield return Labelled(ControllerMetricDeclarations.Errors, s => s.Failures);
        yield return new MetricFamily(ControllerMetricDeclarations.LeaderElectionStatus, WriteLeadership);
        yield return new MetricFamily(ControllerMetricDeclarations.OrphanIngress, WriteOrphans);
        yield return new MetricFamily(ControllerMetricDeclarations.SslExpireTime, (text, cancellation) =>
            _state is { Leader: true } state ? _certificates.WriteExpiryAsync(text, state.Model, cancellation) : ValueTask.CompletedTask);
        yield return new MetricFamily(ControllerMetricDeclarations.SslCertificateInfo, (text, cancellation) =>
            _state is { Leader: true } state ? _certificates.WriteInfoAsync(text, state.Model, cancellation) : ValueTask.CompletedTask);
    }

    /// <summary>Publishing and the election report from threads of their own.</summary>
    private void Change(Func<State, State> change)
    {
        lock (_gate)
        {
            _state = change(_state);
        }
    }

    private MetricFamily Labelled(MetricDeclaration declaration, Func<State, double> value) => new(declaration, text =>
    {
        constantLabels.AppendTo(text.Labels);
        text.Sample(value(_state));
    });

    private void WriteBuildInfo(PrometheusText text)
    {
        text.Labels.Add("build"u8, build.Build);
        constantLabels.AppendTo(text.Labels);
        text.Labels.Add("release"u8, build.Release);
        text.Labels.Add("repository"u8, build.Repository);
        text.Sample(1);
    }

    private void WriteFindings(PrometheusText text)
    {
        var counts = _state.Findings;
        foreach (var severity in Enum.GetValues<FindingSeverity>())
        {
            text.Labels.Clear();
            text.Labels.Add("severity"u8, severity switch
            {
                FindingSeverity.Info => "info"u8,
                FindingSeverity.Warning => "warning"u8,
                _ => "error"u8,
            });
            text.Sample(counts[(int)severity]);
        }
    }

    private void WriteLeadership(PrometheusText text)
    {
        if (_state is { Lease: { } lease } state)
        {
            constantLabels.AppendTo(text.Labels);
            text.Labels.Add("name"u8, lease);
            text.Sample(state.Leader ? 1 : 0);
        }
    }

    private void WriteOrphans(PrometheusText text)
    {
        foreach (var orphan in _state.Orphans)
        {
            text.Labels.Clear();
            constantLabels.AppendTo(text.Labels);
            text.Labels.Add("ingress"u8, orphan.Name);
            text.Labels.Add("namespace"u8, orphan.Namespace);
            text.Labels.Add("type"u8, orphan.Type);
            text.Sample(1);
        }
    }

    private sealed record State
    {
        public GatewayModel Model { get; init; } = GatewayModel.Empty;

        public ulong Hash { get; init; }

        public bool LastSuccessful { get; init; }

        public long LastSuccessSeconds { get; init; }

        public long Successes { get; init; }

        public long Failures { get; init; }

        public bool Leader { get; init; } = true;

        public string? Lease { get; init; }

        public ImmutableArray<int> Findings { get; init; } = [0, 0, 0];

        public ImmutableArray<OrphanIngress> Orphans { get; init; } = [];
    }
}
