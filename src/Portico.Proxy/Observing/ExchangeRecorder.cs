using System.Diagnostics;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Proxy.Answers;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Observing;

/// <summary>Counts and logs exchanges that have ended. Owned by a shard, used on its thread only.</summary>
internal sealed class ExchangeRecorder(ShardServices services, DataPlaneObservers observers)
{
    private readonly ShardRequestMetrics _metrics = observers.Requests.Shard(services.Shard.Index);
    private readonly ShardAccessLog _log = observers.AccessLog.Shard(services.Shard.Index);

    public void Record(RequestContext context, Exchange exchange, Snapshot snapshot)
    {
        var counters = services.Counters;
        counters.Requests++;
        counters.ClientBytesRead += exchange.BytesReceived;
        counters.ClientBytesWritten += exchange.BytesSent;
        if (context.Reason == AnswerReason.Health)
        {
            return;
        }

        context.BytesSent = exchange.BytesSent;
        context.BodyBytesSent = exchange.BodyBytesSent;
        context.RequestLength = exchange.BytesReceived;
        context.Finish(services.Shard.NowTicks, services.UtcTicks);
        Measure(context, exchange);
        if (snapshot.LogFilter.Admits(context.Route?.Model, exchange.Request.Target))
        {
            if (context.AskedAuthService && snapshot.Model.Settings.AccessLog.LogAuthQuestions)
            {
                var kept = default(AuthQuestionOutcome);
                context.ExchangeWithAuthQuestion(ref kept);
                _log.Write(snapshot.LogFormat, context);
                context.ExchangeWithAuthQuestion(ref kept);
            }

            _log.Write(snapshot.LogFormat, context);
        }
    }

    private void Measure(RequestContext context, Exchange exchange)
    {
        var route = context.Route is null ? observers.Requests.Unrouted : context.Route.Metrics;
        if (route is null)
        {
            return;
        }

        var measurement = new RequestMeasurement
        {
            RequestMicroseconds = (context.FinishedTimestamp - context.StartedTimestamp) * 1_000_000 / Stopwatch.Frequency,
            RequestBytes = context.RequestLength,
            ResponseBytes = context.BytesSent,
        };
        if (context.Attempts is [{ ResponseMicroseconds: >= 0 } attempt])
        {
            measurement.ResponseMicroseconds = attempt.ResponseMicroseconds;
            measurement.HeaderMicroseconds = attempt.HeaderMicroseconds;
            measurement.ConnectMicroseconds = attempt.ConnectMicroseconds;
        }

        var request = exchange.Request;
        var method = MethodLabel.Of(request.Method, request.MethodToken);
        _metrics.Record(route, context.HasHost ? context.HostName : default, method, context.Status, context.AlternativeUpstreamName, in measurement);
    }
}
