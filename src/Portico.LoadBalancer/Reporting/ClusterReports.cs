using System.Threading.Channels;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Reporting;

/// <summary>The times of reports; tests change them.</summary>
internal sealed record ReportTimes
{
    /// <summary>Between two writings, so that a burst of changes is one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After a server that does not answer.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When everything is compared again, and kinds that were not there are tried again.</summary>
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>
/// What the objects of MetalLB say about our work: how much of a pool is used, who announces a Service, whether the configuration could be
/// followed. Handing in never waits; one task writes. Nothing depends on it: a cluster that refuses it is served all the same.
/// </summary>
/// <param name="leads">Whether what the controller reports is ours to write.</param>
internal sealed class ClusterReports(ApiClient client, ReportingPod self, Func<bool> leads, Action<string> log, ReportTimes? times = null)
{
    private readonly ReportTimes _times = times ?? new ReportTimes();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PoolStatuses _pools = new(client, log);
    private readonly ServiceStatuses _layer2 = new(ServiceStatusKind.Layer2, client, log);
    private readonly ServiceStatuses _bgp = new(ServiceStatusKind.Bgp, client, log);
    private readonly ConfigurationStates _controller = new("controller", "controller", "poolReconcilerValid", client, log);
    private readonly ConfigurationStates _speaker = new($"speaker-{self.NodeName}", "speaker", "configReconcilerValid", client, log);
    private string _lastProblem = "";
    private long _lookAgain;

    /// <summary>How much of each pool is used.</summary>
    public void Pools(IReadOnlyList<(IPAddressPool Pool, IPAddressPoolStatus Use)> pools) => WakeIf(_pools.Put(pools));

    /// <summary>What of the pools is not in force.</summary>
    public void ControllerProblems(IEnumerable<string> problems) => WakeIf(_controller.Put(problems));

    /// <summary>What of the configuration is not in force on this node.</summary>
    public void SpeakerProblems(IEnumerable<string> problems) => WakeIf(_speaker.Put(problems));

    /// <param name="interfaces">None for all; null when this node does not announce the Service.</param>
    public void Layer2(ServiceKey service, IReadOnlyList<string>? interfaces) => WakeIf(_layer2.Put(service, interfaces is null ? null : [.. interfaces]));

    /// <param name="peers">By name; null when this node does not announce the Service.</param>
    public void Bgp(ServiceKey service, IReadOnlyList<string>? peers) => WakeIf(_bgp.Put(service, peers is null ? null : [.. peers]));

    /// <summary>The speaker has decided about every Service.</summary>
    public void Decided()
    {
        _layer2.Begin();
        _bgp.Begin();
        WakeIf(true);
    }

    /// <summary>Others may have written what is ours: everything is compared with the cluster.</summary>
    public void LookAgain()
    {
        Interlocked.Exchange(ref _lookAgain, 0);
        WakeIf(true);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        ReportingPod? pod = null;
        while (!stop.IsCancellationRequested)
        {
            var pause = _times.Pause;
            try
            {
                await AwaitWorkAsync(stop).ConfigureAwait(false);
                pod ??= await self.FindAsync(client, log, stop).ConfigureAwait(false);
                await WriteAsync(pod, IsTimeToLookAgain(), stop).ConfigureAwait(false);
                Report("");
            }
            catch (Exception error) when (error is ApiException or IOException)
            {
                Report($"reports could not be written: {error.Message}; they are tried again");
                pause = _times.RetryPause;
                LookAgain();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await Task.WhenAny(Task.Delay(pause, stop)).ConfigureAwait(false);
        }
    }

    private bool IsTimeToLookAgain()
    {
        var now = Environment.TickCount64;
        if (now < Interlocked.Read(ref _lookAgain))
        {
            return false;
        }

        Interlocked.Exchange(ref _lookAgain, now + (long)_times.LookAgain.TotalMilliseconds);
        return true;
    }

    private async Task AwaitWorkAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_times.LookAgain);
        try
        {
            await _wake.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Time to look again.
        }
    }

    private async Task WriteAsync(ReportingPod pod, bool everything, CancellationToken stop)
    {
        if (leads())
        {
            await _pools.WriteAsync(everything, stop).ConfigureAwait(false);
            await _controller.WriteAsync(pod, everything, stop).ConfigureAwait(false);
        }

        if (pod.NodeName.Length > 0)
        {
            await _layer2.WriteAsync(pod, everything, stop).ConfigureAwait(false);
            await _bgp.WriteAsync(pod, everything, stop).ConfigureAwait(false);
            await _speaker.WriteAsync(pod, everything, stop).ConfigureAwait(false);
        }
    }

    private void WakeIf(bool changed)
    {
        if (changed)
        {
            _wake.Writer.TryWrite(true);
        }
    }

    private void Report(string problem)
    {
        if (problem.Length > 0 && problem != _lastProblem)
        {
            log(problem);
        }

        _lastProblem = problem;
    }
}
