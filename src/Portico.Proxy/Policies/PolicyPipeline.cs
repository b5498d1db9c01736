using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// The one order in which a request meets policies. It is that of ingress-nginx's phases, and clients can see it:
/// <code>
///  1. TRACE and CONNECT                 405   before a host is looked for
///     -- the caller chooses the host --
///     closed host                      403
///     client certificates              421, 400 or an error page, 403
///     -- the caller chooses the route --
///  2. block-user-agents, -referers      403
///     health path, app-root and the like      server level: nothing of a location runs
///  3. announced body above the limit    413   nginx checks it while it chooses the location, before all of its rules
///  4. closed route                      503
///  5. CORS preflight                    204   needs no endpoints, no https, no credentials
///  6. fixed redirect                    3xx   beats https redirect, access rules and a missing Service
///  7. rewrite                                 may itself redirect (302) or fail (500)
///  8. https redirect                    308   also for clients that 10 would refuse
///     -- 9. the caller looks for endpoints: 503 when there are none --
/// 10. rate and connection limits        503   also count requests that 11 refuses
/// 11. access: source ranges, block-cidrs 403, password 401, authentication service 401 403 500; or one of them (satisfy)
///     -- a route that asks a password or a service waits here, and only such a route --
/// 12. fixed answer of the route         404   e.g. no path of the host matches
///     -- the caller forwards; an error that custom-http-errors lists, here or from the backend, is answered by an error backend --
/// </code>
/// Stateless; runs on the shard's thread.
/// </summary>
internal static class PolicyPipeline
{
    /// <summary>Step 1.</summary>
    public static PolicyDecision BeforeRouting(RequestContext context) =>
        context.Head.Method is HttpMethod.Trace or HttpMethod.Connect
            ? OwnAnswer.For(AnswerReason.MethodNotAllowed)
            : PolicyDecision.Continue;

    /// <summary>The host's own steps, before a path is looked at; the host is set.</summary>
    /// <param name="context">The request.</param>
    /// <param name="askedForThisHost">Whether the server name of the TLS handshake leads to the same host.</param>
    public static PolicyDecision OfHost(RequestContext context, bool askedForThisHost)
    {
        if (context.Host is not { } host)
        {
            return PolicyDecision.Continue;
        }

        // Closed host. Before the certificate: whoever asks learns the same.
        if (host.IsClosed)
        {
            return OwnAnswer.For(AnswerReason.DeniedConfiguration) with { Status = 403 };
        }

        // Client certificates.
        return host.ClientCertificates?.Judge(context, askedForThisHost) ?? PolicyDecision.Continue;
    }

    /// <summary>Steps 2 to 8; the route is set.</summary>
    public static PolicyDecision BeforeEndpoints(RequestContext context)
    {
        var policies = context.Policies;

        // 2. Blocked agents and referers, health path, app-root.
        if (context.Settings.BlocksClients && context.Settings.Blocks(context.Head.Headers))
        {
            return OwnAnswer.For(AnswerReason.ClientBlocked);
        }

        if (policies.ActionRedirect is { } actionRedirect)
        {
            return actionRedirect.Answer(context);
        }

        if (policies.FixedAnswer is { Reason: AnswerReason.Health } health)
        {
            return health;
        }

        // 3. Announced body. A body of unknown length is counted while it is read.
        if (context.Head.ContentLength > policies.MaxBodyBytes)
        {
            return OwnAnswer.For(AnswerReason.BodyTooLarge);
        }

        // 4. Closed route.
        if (policies.Denial is { } denial)
        {
            return denial.Answer;
        }

        // 5. CORS preflight.
        if (policies.Cors is { } cors && cors.IsPreflight(context))
        {
            return OwnAnswer.For(AnswerReason.CorsPreflight) with { Body = AnswerBody.None };
        }

        // 6. Fixed redirect.
        if (policies.Redirect is { } redirect)
        {
            return redirect.Answer(context);
        }

        // 7. Rewrite.
        if (policies.Rewrite is { } rewrite && rewrite.Apply(context) is { IsAnswer: true } decision)
        {
            return decision;
        }

        // 8. Https redirect.
        if (policies.HttpsRedirect is { } httpsRedirect && httpsRedirect.Applies(context))
        {
            return httpsRedirect.Answer(context);
        }

        return PolicyDecision.Continue;
    }

    /// <summary>
    /// Steps 10 to 12, once it is known that there are endpoints, or that the route needs none. A route with <see cref="RoutePolicies.Access"/>
    /// goes on with <see cref="AccessAsync"/>.
    /// </summary>
    public static PolicyDecision AfterEndpoints(RequestContext context)
    {
        var policies = context.Policies;

        // 10. Limits. A request that a backend sent here was counted where it came in.
        if (policies.Limits is { } limits && !context.IsInternal && limits.Apply(context) is { IsAnswer: true } refusal)
        {
            return refusal;
        }

        if (policies.Access is not null)
        {
            return PolicyDecision.Continue;
        }

        // 11. Source ranges, block-cidrs.
        if (policies.SourceRanges is { } sourceRanges && !sourceRanges.Admits(context.Client))
        {
            return sourceRanges.Refusal;
        }

        // 12. Fixed answer.
        return policies.FixedAnswer is { } answer ? answer : PolicyDecision.Continue;
    }

    /// <summary>Steps 11 and 12 of a route that has to ask somebody.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<PolicyDecision> AccessAsync(RequestContext context, AccessFilter access, ShardServices services)
    {
        // 11. All of access.
        var decision = await access.DecideAsync(context, services);
        if (decision.IsAnswer)
        {
            return decision;
        }

        // 12. Fixed answer.
        return context.Policies.FixedAnswer is { } answer ? answer : PolicyDecision.Continue;
    }
}
