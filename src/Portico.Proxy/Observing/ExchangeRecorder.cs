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
        var bytes = exchange.Bytes;
        Count(in bytes);
        if (context.Reason == AnswerReason.Health)
        {
            return;
        }

        Finish(context, in bytes);
        _metrics.Record(CellOf(context, exchange), MeasurementOf(context));
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

    /// <summary>Begins the record of an exchange that has become a tunnel and gives everything else back.</summary>
    public OpenRecord Open(RequestContext context, Exchange exchange, Snapshot snapshot) => new()
    {
        Cell = CellOf(context, exchange),
        Line = snapshot.LogFilter.Admits(context.Route?.Model, exchange.Request.Target) ? _log.Begin(snapshot.LogFormat, context) : null,
        ConnectionPlace = context.TakeConnectionPlace(),
        Outcome = context.SaveOutcome(),
    };

    /// <summary>Counts and logs a tunnel that has ended.</summary>
    /// <param name="microseconds">From the start of the attempt that became the tunnel.</param>
    public void Close(OpenRecord record, in ExchangeBytes bytes, long microseconds)
    {
        record.ConnectionPlace.Leave();
        record.Outcome.Attempts[^1].ResponseMicroseconds = microseconds;
        Count(in bytes);
        var context = services.RentContext();
        context.RestoreOutcome(record.Outcome);
        Finish(context, in bytes);
        _metrics.Record(record.Cell, MeasurementOf(context));
        if (record.Line is { } line)
        {
            _log.Write(line, context);
        }

        services.Return(context);
    }

    private void Count(in ExchangeBytes bytes)
    {
        var counters = services.Counters;
        counters.Requests++;
        counters.ClientBytesRead += bytes.Received;
        counters.ClientBytesWritten += bytes.Sent;
    }

    private void Finish(RequestContext context, in ExchangeBytes bytes)
    {
        context.BytesSent = bytes.Sent;
        context.BodyBytesSent = bytes.BodySent;
        context.RequestLength = bytes.Received;
        context.Finish(services.Shard.NowTicks, services.UtcTicks);
    }

    private Cell? CellOf(RequestContext context, Exchange exchange)
    {
        var route = context.Route is null ? observers.Requests.Unrouted : context.Route.Metrics;
        var request = exchange.Request;
        return route is null ? null : _metrics.Find(
            route, context.HasHost ? context.HostName : default, MethodLabel.Of(request.Method, request.MethodToken), context.Status, context.AlternativeUpstreamName);
    }

    private static RequestMeasurement MeasurementOf(RequestContext context)
    {
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

        return measurement;
    }
}
