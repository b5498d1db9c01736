using System.Net;
using System.Net.Sockets;
using Portico.Probes;
using Portico.Services.Observing;

namespace Portico.Services.Health;

/// <summary>The two ports of the program itself, with kube-proxy's paths. A port that is taken is tried again.</summary>
internal sealed class ProbePorts(ServiceProxyOptions options, ProxyHealth health, ProxyMetrics metrics, Action<string> log) : IDisposable
{
    private const string Plain = "text/plain; charset=utf-8";

    private readonly Dictionary<string, string> _failures = [];
    private AnswerPort? _healthz;
    private AnswerPort? _metrics;

    /// <summary>Whether a port is wanted that could not be had.</summary>
    public bool IsMissing => (_healthz is null && options.Healthz.Port != 0) || (_metrics is null && options.Metrics.Port != 0);

    public void TryOpen()
    {
        _healthz ??= TryOpen("health checks", options.Healthz, AnswerHealth);
        _metrics ??= TryOpen("metrics", options.Metrics, AnswerMetrics);
    }

    public void Dispose()
    {
        _healthz?.Dispose();
        _metrics?.Dispose();
    }

    private AnswerPort? TryOpen(string what, (IPAddress? Address, int Port) where, Func<string, AddressFamily, Answer> answer)
    {
        if (where.Port == 0)
        {
            return null;
        }

        try
        {
            return AnswerPort.Open(where.Address ?? NodeAddresses.Any, where.Port, answer);
        }
        catch (SocketException e)
        {
            if (_failures.GetValueOrDefault(what) != e.Message)
            {
                _failures[what] = e.Message;
                log(FormattableString.Invariant($"port {where.Port} for {what} cannot be had, it is tried again: {e.Message}"));
            }

            return null;
        }
    }

    private Answer AnswerHealth(string path, AddressFamily family)
    {
        if (path is not ("/healthz" or "/livez"))
        {
            return Answer.NotFound;
        }

        var live = path == "/livez";
        var answer = live ? health.Livez() : health.Healthz();
        metrics.Probed(live, answer.Status);
        return answer;
    }

    private Answer AnswerMetrics(string path, AddressFamily family) => path switch
    {
        "/metrics" => new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.Page()),
        "/healthz" => new Answer(200, Plain, "ok"),
        "/proxyMode" => new Answer(200, Plain, "nftables"),
        _ => Answer.NotFound,
    };
}
