using Portico.Http.Http2;
using Portico.Proxy.Answers;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The data plane's own numbers: connections, bytes, backends, answers by reason. Owns the counters of every shard and
/// renders their sums: under ingress-nginx's names when metrics are enabled, under Portico's always.
/// </summary>
public sealed class ProxyMetrics
{
    private readonly ShardCounters[] _counters;
    private readonly AnswerCounters[] _answers;
    private readonly Http2DefenceCounters[] _http2Defences;

    public ProxyMetrics(int shardCount)
    {
        _counters = new ShardCounters[shardCount];
        _answers = new AnswerCounters[shardCount];
        _http2Defences = new Http2DefenceCounters[shardCount];
        for (var i = 0; i < shardCount; i++)
        {
            _counters[i] = new ShardCounters();
            _answers[i] = new AnswerCounters();
            _http2Defences[i] = new Http2DefenceCounters();
        }
    }

    /// <summary>Ports of TCP and UDP services that cannot be listened on; written by the control thread.</summary>
    public int PortsNotOpened { get; set; }

    /// <summary>Counted by whoever staples.</summary>
    public OcspCounters Ocsp { get; } = new();

    public ShardCounters Counters(int shard) => _counters[shard];

    internal AnswerCounters Answers(int shard) => _answers[shard];

    internal Http2DefenceCounters Http2Defences(int shard) => _http2Defences[shard];

    public long Sum(Func<ShardCounters, long> counter)
    {
        var sum = 0L;
        foreach (var shard in _counters)
        {
            sum += counter(shard);
        }

        return sum;
    }

    /// <summary>Portico's own names; on every page.</summary>
    public IEnumerable<MetricFamily> OwnFamilies()
    {
        yield return new MetricFamily(ProxyMetricDeclarations.Answers, WriteAnswers);
        yield return Total(ProxyMetricDeclarations.BackendConnects, s => s.BackendConnects);
        yield return Total(ProxyMetricDeclarations.BackendConnectFailures, s => s.BackendConnectFailures);
        yield return Total(ProxyMetricDeclarations.BackendConnectionsReused, s => s.BackendConnectionsReused);
        yield return Total(ProxyMetricDeclarations.BackendRetries, s => s.BackendRetries);
        yield return Total(ProxyMetricDeclarations.MirrorsDropped, s => s.MirrorsDropped);
        yield return Total(ProxyMetricDeclarations.TlsHandshakes, s => s.TlsHandshakes);
        yield return Total(ProxyMetricDeclarations.TlsHandshakeFailures, s => s.TlsHandshakeFailures);
        yield return new MetricFamily(ProxyMetricDeclarations.OcspAnswers, Ocsp.Write);
        yield return Total(ProxyMetricDeclarations.ProxyHeaderFailures, s => s.ProxyHeaderFailures);
        yield return new MetricFamily(ProxyMetricDeclarations.Http2Defences, WriteHttp2Defences);
        yield return Total(ProxyMetricDeclarations.StreamSessions, s => s.StreamSessions);
        yield return Total(ProxyMetricDeclarations.StreamSessionFailures, s => s.StreamSessionFailures);
        yield return Total(ProxyMetricDeclarations.StreamBytesRead, s => s.StreamBytesRead);
        yield return Total(ProxyMetricDeclarations.StreamBytesWritten, s => s.StreamBytesWritten);
        yield return Total(ProxyMetricDeclarations.StreamConnectFailures, s => s.StreamConnectFailures);
        yield return Total(ProxyMetricDeclarations.DatagramsDropped, s => s.DatagramsDropped);
        yield return new MetricFamily(ProxyMetricDeclarations.PortsNotOpened, text => text.Sample(PortsNotOpened));
        yield return Total(ProxyMetricDeclarations.ClientBytesRead, s => s.ClientBytesRead);
        yield return Total(ProxyMetricDeclarations.ClientBytesWritten, s => s.ClientBytesWritten);
    }

    private void WriteHttp2Defences(PrometheusText text)
    {
        foreach (var facts in Http2DefenceFacts.All)
        {
            var sum = 0L;
            foreach (var shard in _http2Defences)
            {
                sum += shard[facts.Defence];
            }

            text.Labels.Clear();
            text.Labels.Add("reason"u8, facts.LabelBytes);
            text.Sample(sum);
        }
    }

    /// <summary>ingress-nginx's names, from nginx's stub status; only with <c>--enable-metrics</c>.</summary>
    public IEnumerable<MetricFamily> NginxFamilies(ConstantLabels constantLabels)
    {
        yield return new MetricFamily(ProxyMetricDeclarations.NginxConnectionsTotal, text =>
        {
            State(text, constantLabels, "accepted"u8, Sum(s => s.ConnectionsAccepted));
            State(text, constantLabels, "handled"u8, Sum(s => s.ConnectionsHandled));
        });
        yield return new MetricFamily(ProxyMetricDeclarations.NginxConnections, text => WriteConnections(text, constantLabels));
        yield return new MetricFamily(ProxyMetricDeclarations.NginxRequestsTotal, text =>
        {
            text.Labels.Clear();
            constantLabels.AppendTo(text.Labels);
            text.Sample(Sum(s => s.Requests));
        });
    }

    private MetricFamily Total(MetricDeclaration declaration, Func<ShardCounters, long> counter) =>
        new(declaration, text => text.Sample(Sum(counter)));

    private void WriteConnections(PrometheusText text, ConstantLabels constantLabels)
    {
        var active = Sum(s => s.ConnectionsActive);
        var reading = Sum(s => s.ConnectionsReading);
        var writing = Sum(s => s.ConnectionsWriting);
        State(text, constantLabels, "active"u8, active);
        State(text, constantLabels, "reading"u8, reading);
        // The numbers were read one after the other while they changed.
        State(text, constantLabels, "waiting"u8, Math.Max(0, active - reading - writing));
        State(text, constantLabels, "writing"u8, writing);
    }

    private static void State(PrometheusText text, ConstantLabels constantLabels, ReadOnlySpan<byte> state, long value)
    {
        text.Labels.Clear();
        constantLabels.AppendTo(text.Labels);
        text.Labels.Add("state"u8, state);
        text.Sample(value);
    }

    private void WriteAnswers(PrometheusText text)
    {
        foreach (var facts in AnswerReasons.All)
        {
            if (facts.Reason == AnswerReason.None)
            {
                continue;
            }

            var sum = 0L;
            foreach (var shard in _answers)
            {
                sum += shard[facts.Reason];
            }

            text.Labels.Clear();
            text.Labels.Add("reason"u8, facts.LabelBytes);
            text.Sample(sum);
        }
    }
}
