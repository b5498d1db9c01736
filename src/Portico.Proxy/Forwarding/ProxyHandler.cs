using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Grpc;
using Portico.Proxy.Observing;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// The way of a request on one listener of one shard: find the route, ask the policies, forward or answer, then count and log.
/// The request keeps the snapshot that it began with, whatever is published meanwhile.
/// </summary>
internal sealed class ProxyHandler(ShardServices services, SnapshotSource snapshots, int listener) : IExchangeHandler
{
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<bool> HandleAsync(Exchange exchange)
    {
        var snapshot = snapshots.Current;
        var context = services.RentContext();
        services.Counters.ConnectionsWriting++;
        context.Begin(exchange, snapshot);
        try
        {
            var decision = exchange.Rejection.IsSet ? Refuse(exchange.Rejection) : Decide(snapshot, context);
            do
            {
                decision = context.InternalTarget is null ? decision : Follow(context);
                if (!decision.IsAnswer && context.Policies.Access is { } access)
                {
                    decision = await PolicyPipeline.AccessAsync(context, access, services);
                }

                if (!decision.IsAnswer || TurnsToErrorPage(context, decision.Answer))
                {
                    var forwarder = services.RentForwarder();
                    var reason = await forwarder.ForwardAsync(context, exchange, context.Destination!);
                    services.Return(forwarder);
                    decision = reason == AnswerReason.None ? PolicyDecision.Continue : OwnAnswer.For(reason);
                }
            }
            while (context.InternalTarget is not null);

            if (decision.IsAnswer)
            {
                await AnswerAsync(context, exchange, context.Policies.ErrorPages?.WithoutBackend(context, decision.Answer) ?? decision.Answer);
            }
        }
        catch (Exception e)
        {
            // A defect of ours costs one exchange, never the shard.
            exchange.Abort();
            context.Reason = AnswerReason.InternalError;
            services.ReportDefect(e);
        }

        services.Counters.ConnectionsWriting--;
        if (exchange.Tunnel is Tunnel tunnel)
        {
            tunnel.Record = services.Recorder.Open(context, exchange, snapshot);
        }
        else
        {
            context.LeaveConnectionZone();
            services.Recorder.Record(context, exchange, snapshot);
        }

        services.Return(context);
        return true;
    }

    /// <summary>Everything that is known without waiting: the route, the policies, whether there is an endpoint.</summary>
    private PolicyDecision Decide(Snapshot snapshot, RequestContext context)
    {
        var decision = PolicyPipeline.BeforeRouting(context);
        if (decision.IsAnswer)
        {
            return decision;
        }

        decision = FindRoute(snapshot, context);
        return decision.IsAnswer ? decision : ChooseEndpoints(context);
    }

    /// <summary>A backend has sent the request to another path of its host: the same again from the route on.</summary>
    private PolicyDecision Follow(RequestContext context)
    {
        if (!context.FollowInternalRedirect())
        {
            return OwnAnswer.For(AnswerReason.RewriteFailed);
        }

        // A place that is no path of the host is nowhere.
        if (context.ForwardedTarget is not [(byte)'/', ..] || !context.NormalizePath())
        {
            return OwnAnswer.For(AnswerReason.NoRoute);
        }

        context.Route = context.Host?.Match(context.NormalizedPath, context.Head);
        return ChooseEndpoints(context);
    }

    private PolicyDecision ChooseEndpoints(RequestContext context)
    {
        var decision = PolicyPipeline.BeforeEndpoints(context);
        if (decision.IsAnswer)
        {
            return decision;
        }

        if (!ChooseBackend(context))
        {
            return OwnAnswer.For(AnswerReason.NoEndpoints);
        }

        return PolicyPipeline.AfterEndpoints(context);
    }

    /// <summary>Whether an error backend is asked for the page of an answer. The reason stays the gateway's own.</summary>
    private bool TurnsToErrorPage(RequestContext context, in OwnAnswer answer)
    {
        if (context.Policies.ErrorPages?.Turn(context, answer.Status, answer.Reason) is null)
        {
            return false;
        }

        context.Reason = answer.Reason;
        services.Answers.Count(answer.Reason);
        return true;
    }

    private PolicyDecision FindRoute(Snapshot snapshot, RequestContext context)
    {
        var head = context.Head;
        scoped Span<byte> hostScratch = stackalloc byte[256];
        scoped ReadOnlySpan<byte> host = default;
        if (head.AuthorityRange.Length > 0
            && (head.AuthorityRange.Length > hostScratch.Length || !HostNames.TryNormalize(head.Authority, hostScratch, out host)))
        {
            return OwnAnswer.For(AnswerReason.BadHost);
        }

        context.Host = snapshot.Table.Listeners[listener].Find(host);
        var decision = JudgeHost(snapshot, context);
        if (decision.IsAnswer)
        {
            return decision;
        }

        if (!context.NormalizePath())
        {
            return OwnAnswer.For(AnswerReason.BadPath);
        }

        context.Route = context.Host?.Match(context.NormalizedPath, head);
        return PolicyDecision.Continue;
    }

    private PolicyDecision JudgeHost(Snapshot snapshot, RequestContext context) => context.Host is { IsClosed: false, ClientCertificates: null }
        ? PolicyDecision.Continue
        : PolicyPipeline.OfHost(context, ReferenceEquals(HostRules.Find(snapshot, listener, context.Connection.TlsServerName), context.Host));

    /// <summary>Draws the backend of a route that forwards, and whether its canary takes the request.</summary>
    /// <returns>False when there is no endpoint to send to.</returns>
    private bool ChooseBackend(RequestContext context)
    {
        if (context.Route is not { Targets.Length: > 0 } route)
        {
            // A fixed answer needs no backend; a route that should forward and has no target has no endpoint either.
            return context.Route?.Model.Action is not Model.RouteAction.Forward;
        }

        var target = route.DrawTarget(services.NextRandom());
        context.Backend = target?.Backend;
        if (target is not null && target.Backend.Current.Endpoints.Length > 0)
        {
            if (target.Backend.Canary is { } canary && canary.Takes(context, target.Backend, services.NextRandom()))
            {
                context.Canary = canary.Backend;
            }

            return true;
        }

        if (route.Substitute is not { Current.Endpoints.Length: > 0 } substitute)
        {
            return false;
        }

        context.Backend = substitute;
        context.BeginSubstitute();
        return true;
    }

    private static PolicyDecision Refuse(Rejection rejection)
    {
        var reason = rejection.Kind switch
        {
            RejectionKind.HeadTimeout => AnswerReason.ClientTimeout,
            RejectionKind.PlainHttpOnTlsPort => AnswerReason.PlainHttpOnTlsPort,
            _ => rejection.Error switch
            {
                ParseError.RequestLineTooLong => AnswerReason.UriTooLong,
                ParseError.HeaderTooLarge => AnswerReason.HeaderTooLarge,
                ParseError.UnknownTransferCoding => AnswerReason.UnsupportedTransferCoding,
                ParseError.UnsupportedVersion => AnswerReason.UnsupportedVersion,
                ParseError.MethodNotAllowed => AnswerReason.MethodNotAllowed,
                _ => AnswerReason.BadRequest,
            },
        };
        return OwnAnswer.For(reason);
    }

    /// <summary>Writes an answer of our own: the stock page of its status.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> AnswerAsync(RequestContext context, Exchange exchange, OwnAnswer answer)
    {
        context.Reason = answer.Reason;
        context.Status = answer.Status;
        services.Answers.Count(answer.Reason);
        // Who has this answer may ask again at once.
        context.LeaveConnectionZone();
        if (answer.Reason == AnswerReason.ClientClosed || exchange.IsClientGone)
        {
            // Nobody is there to read it.
            exchange.Abort();
            return false;
        }

        if (answer.Status is 400 or 408 or 413 or 414 or 500 or 501)
        {
            // As nginx: after these the bytes that follow cannot be trusted, or are not wanted.
            exchange.CloseAfterwards();
        }

        var web = answer.SendsLocation ? GrpcWebForm.None : GrpcWebForms.Of(context);
        var isCall = web != GrpcWebForm.None || (!answer.SendsLocation && GrpcRequest.IsGrpc(exchange.Request));
        answer = isCall ? answer with { Body = AnswerBody.None } : answer;
        if (answer.Reason == AnswerReason.ServerStatus)
        {
            ServerStatus.Write(services.Metrics, context.Location);
        }

        exchange.StartResponse(answer.Status);
        context.ResponseHeaders.WriteOwnAnswer(context, answer, services.Date(), exchange);
        if (isCall)
        {
            GrpcStatus.Write(in answer, web == GrpcWebForm.None ? "application/grpc"u8 : GrpcWebForms.NameOf(web = GrpcWebForms.OfAnswer(context, web)), exchange);
        }

        var frame = web == GrpcWebForm.None ? null : WebTrailersOf(in answer);
        var length = frame?.LengthIn(web) ?? StockPages.BodyOf(answer, context).Length;
        exchange.EndHeaders(length, length > 0);
        if (length > 0 && exchange.Request.Method != HttpMethod.Head)
        {
            var buffer = services.Shard.Buffers.Rent(length + BodyRoom.Before + BodyRoom.After);
            if (frame is null)
            {
                StockPages.BodyOf(answer, context).CopyTo(buffer.AsSpan(BodyRoom.Before));
            }
            else
            {
                frame.CopyTo(buffer.AsSpan(BodyRoom.Before, length), web);
            }

            await exchange.WriteBodyAsync(buffer, BodyRoom.Before, length, last: true);
            services.Shard.Buffers.Return(buffer);
        }

        return await exchange.FinishAsync() >= 0;
    }

    /// <summary>Clients of gRPC-Web find the status in the body, where a browser shows it to them, or in the headers.</summary>
    private GrpcWebTrailers WebTrailersOf(in OwnAnswer answer)
    {
        services.WebTrailers.Clear();
        GrpcStatus.WriteStatus(in answer, services.WebTrailers);
        return services.WebTrailers;
    }
}
