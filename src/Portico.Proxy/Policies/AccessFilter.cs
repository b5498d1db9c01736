using System.Runtime.CompilerServices;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// The access phase of a route that asks who the client is: source ranges, password, authentication service, in this order. All must
/// let the request through, or with <c>satisfy: any</c> one of them. Immutable, shared by all shards.
/// </summary>
/// <param name="any">One is enough. Not being on a deny list is no permission, and right credentials beat a deny entry, as in nginx.</param>
internal sealed class AccessFilter(SourceRangeFilter? ranges, BasicAuthFilter? basic, DigestAuthFilter? digest, ExternalAuthFilter? external, bool any)
{
    public ExternalAuthFilter? External => external;

    /// <summary>Whether the Authorization header is for the gateway; the backend does not get it then.</summary>
    public bool TakesAuthorization => basic is not null || digest is not null;

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<PolicyDecision> DecideAsync(RequestContext context, ShardServices services)
    {
        var refusal = any ? await SatisfyAnyAsync(context, services) : await SatisfyAllAsync(context, services);
        if (refusal.Reason == AnswerReason.None)
        {
            return PolicyDecision.Continue;
        }

        return refusal.Status == 401 && external is not null && external.TrySignin(context, out var signin) ? signin : refusal;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<OwnAnswer> SatisfyAllAsync(RequestContext context, ShardServices services)
    {
        if (ranges is not null && !ranges.Admits(context.Client))
        {
            return ranges.Refusal;
        }

        var reason = await CheckPasswordAsync(context, services);
        if (reason == AnswerReason.None && external is not null)
        {
            reason = await external.CheckAsync(context, services);
        }

        return reason == AnswerReason.None ? default : OwnAnswer.For(reason);
    }

    /// <summary>A 401 of any check wins over a 403. A check that cannot be made ends the request: it might have been the one that refuses.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<OwnAnswer> SatisfyAnyAsync(RequestContext context, ShardServices services)
    {
        var refusal = default(OwnAnswer);
        if (ranges is not null)
        {
            if (ranges.IsPermitted(context.Client))
            {
                return default;
            }

            refusal = ranges.Admits(context.Client) ? default : ranges.Refusal;
        }

        if (TakesAuthorization)
        {
            var reason = await CheckPasswordAsync(context, services);
            if (reason is AnswerReason.None or AnswerReason.AuthOverloaded)
            {
                return reason == AnswerReason.None ? default : OwnAnswer.For(reason);
            }

            refusal = OwnAnswer.For(reason);
        }

        if (external is not null)
        {
            var reason = await external.CheckAsync(context, services);
            if (reason is AnswerReason.None or AnswerReason.AuthFailed)
            {
                return reason == AnswerReason.None ? default : OwnAnswer.For(reason);
            }

            refusal = refusal.Status == 401 ? refusal : OwnAnswer.For(reason);
        }

        return refusal;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> CheckPasswordAsync(RequestContext context, ShardServices services)
    {
        if (basic is not null)
        {
            var reason = await basic.CheckAsync(context, services);
            context.Challenge = reason == AnswerReason.AuthDenied ? basic.Challenge : null;
            return reason;
        }

        return digest is null ? AnswerReason.None : digest.Check(context);
    }
}
