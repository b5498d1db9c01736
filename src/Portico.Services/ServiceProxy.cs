using System.Diagnostics;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Probes;
using Portico.Services.Health;
using Portico.Services.Nft;
using Portico.Services.Observing;
using Portico.Services.Rules;

namespace Portico.Services;

/// <summary>
/// The Service proxy of a node: keeps the kernel's rules as the cluster's Services say. Packets never come here. Ending it leaves the rules in
/// force, so that a restart interrupts nothing. Everything but answers to probes runs on the task of <see cref="RunAsync"/>.
/// </summary>
public sealed class ServiceProxy : IDisposable
{
    private const string HealthPortTaken = "FailedToStartServiceHealthcheck";

    private readonly ServiceProxyOptions _options;
    private readonly Kernel? _kernel;
    private readonly ProxyHealth _health;
    private readonly NodeHealthChecks _checks;
    private readonly ProbePorts _ports;
    private readonly ServiceRules _rules;

    /// <param name="write">False to plan only, for <see cref="RuleText"/>.</param>
    /// <param name="log">Takes lines for people: what was wrong with an object, what the kernel refused.</param>
    /// <exception cref="NftException">This machine lacks libnftables, or netfilter cannot be asked.</exception>
    public ServiceProxy(ServiceProxyOptions options, bool write, Action<string> log)
    {
        _options = options;
        _kernel = write ? new Kernel() : null;
        _health = new ProxyHealth(options.Families, TimeProvider.System);
        var metrics = new ProxyMetrics(options.Families);
        _ports = new ProbePorts(options, _health, metrics, log);
        _checks = new NodeHealthChecks(() => _health.IsHealthy, ReportHealthPort, (port, answer) => AnswerPort.Open(NodeAddresses.Any, port, answer));
        _rules = new ServiceRules(options, _kernel, metrics, _checks, log);

        void ReportHealthPort(Service service, string message)
        {
            log($"Service {service.Metadata.Namespace}/{service.Metadata.Name}: {message}");
            options.Warn?.Invoke(service, HealthPortTaken, message);
        }
    }

    public void Dispose()
    {
        _ports.Dispose();
        _checks.Dispose();
        _kernel?.Dispose();
    }

    /// <summary>Removes our tables, and nothing else.</summary>
    /// <exception cref="NftException">The kernel refuses.</exception>
    public static void CleanUp()
    {
        using var kernel = new Kernel();
        kernel.Nft.Run(TableLayout.Deletion(IpFamily.IPv4) + TableLayout.Deletion(IpFamily.IPv6));
    }

    /// <summary>Takes what a source has told; nothing is written yet.</summary>
    public void Load(SourceBatch batch) => _rules.Take(batch);

    /// <summary>Reads a source until it has told everything that is there.</summary>
    public async Task LoadAsync(IResourceSource source, CancellationToken stop)
    {
        source.Start();
        while (await source.Batches.WaitToReadAsync(stop))
        {
            while (source.Batches.TryRead(out var batch))
            {
                _rules.Take(batch);
                if (batch.Synced)
                {
                    return;
                }
            }
        }
    }

    /// <summary>The rules in the nft language, as <c>nft -f</c> reads them.</summary>
    public string RuleText() => _rules.Text();

    /// <summary>Writes what was loaded, once. Ports of health checks stay closed: nobody would be there to answer.</summary>
    /// <returns>Whether the kernel took it.</returns>
    public bool Sync() => _rules.Sync(openPorts: false);

    /// <summary>Follows a source until it ends or the token says so.</summary>
    /// <param name="ready">Called once, when the first rules are in force.</param>
    public async Task RunAsync(IResourceSource source, Action ready, CancellationToken stop)
    {
        source.Start();
        var (synced, started, failed) = (false, false, false);
        var (looked, compared, comparedAnyway) = (Stopwatch.StartNew(), Stopwatch.StartNew(), Stopwatch.StartNew());
        while (!stop.IsCancellationRequested)
        {
            _ports.TryOpen();
            if (!await WaitAsync(source, failed || _ports.IsMissing || _checks.Missing > 0 ? _options.RetryPause : _options.LookInterval, stop))
            {
                return;
            }

            while (source.Batches.TryRead(out var batch))
            {
                _rules.Take(batch);
                synced |= batch.Synced;
            }

            // Half of a first reading would take away what the other half says.
            if (!synced)
            {
                continue;
            }

            failed = !SyncAndTell();
            if (!started && !failed)
            {
                started = true;
                ready();
            }

            if (looked.Elapsed >= _options.LookInterval)
            {
                looked.Restart();
                _rules.SuspectNode();
                var anyway = comparedAnyway.Elapsed >= _options.CompareAnyway;
                if (compared.Elapsed >= _options.ComparePause && _rules.Repair(anyway))
                {
                    compared.Restart();
                    comparedAnyway.Restart();
                }
            }

            await Task.Delay(_options.SmallestPause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool SyncAndTell()
    {
        _health.Node(_rules.Node, _options.NodeIsKnown);
        if (_rules.InForce.Count < _options.Families.Count)
        {
            _health.Queued();
        }

        var done = _rules.Sync(openPorts: true);
        foreach (var family in _rules.InForce)
        {
            _health.Updated(family);
        }

        return done;
    }

    /// <returns>False when the source has ended.</returns>
    private static async Task<bool> WaitAsync(IResourceSource source, TimeSpan atMost, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(atMost > TimeSpan.Zero ? atMost : TimeSpan.FromMilliseconds(1));
        try
        {
            return await source.Batches.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
