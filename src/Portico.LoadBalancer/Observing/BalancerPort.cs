using System.Net;
using System.Net.Sockets;
using Portico.Probes;

namespace Portico.LoadBalancer.Observing;

/// <summary>The port for probes and scrapes. One that is taken is tried again, and the work goes on meanwhile.</summary>
internal sealed class BalancerPort(IPAddress? address, int port, BalancerMetrics metrics, BalancerHealth health, Action<string> log)
{
    private const string Plain = "text/plain; charset=utf-8";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Until told to end.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var said = "";
        while (port != 0 && !stop.IsCancellationRequested)
        {
            try
            {
                using var opened = AnswerPort.Open(address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), port, (path, _) => Answer(path));
                await Task.WhenAny(Task.Delay(Timeout.Infinite, stop)).ConfigureAwait(false);
            }
            catch (SocketException taken)
            {
                if (said != taken.Message)
                {
                    said = taken.Message;
                    log(FormattableString.Invariant($"--port {port} cannot be had, it is tried again: {taken.Message}"));
                }

                await Task.WhenAny(Task.Delay(Pause, stop)).ConfigureAwait(false);
            }
        }
    }

    internal Answer Answer(string path) => path switch
    {
        "/metrics" => new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.Page()),
        "/healthz" or "/livez" => health.IsLive ? new Answer(200, Plain, "ok") : new Answer(503, Plain, "a turn of the controller hangs"),
        "/readyz" => health.IsReady && health.IsLive ? new Answer(200, Plain, "ok") : new Answer(503, Plain, "the cluster has not been read yet"),
        _ => Probes.Answer.NotFound,
    };
}
