using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Which clients may come in, by their address after real-ip handling. Deny entries are looked at first, so that a denied
/// network stays denied even where an allow entry names a part of it. Immutable, shared by all shards.
/// <para>
/// <c>block-cidrs</c> holds for every route without lists of its own: as in nginx, a location with allow or deny lines
/// does not inherit those from above.
/// </para>
/// </summary>
internal sealed class SourceRangeFilter
{
    private readonly AddressRangeSet _deny;
    private readonly AddressRangeSet? _allow;
    private readonly AnswerReason _reason;

    private SourceRangeFilter(AddressRangeSet deny, AddressRangeSet? allow, AnswerReason reason)
    {
        _deny = deny;
        _allow = allow;
        _reason = reason;
    }

    /// <summary>The filter of a route; null when everybody may come in.</summary>
    public static SourceRangeFilter? Compile(SourceRangePolicy? policy, AddressRangeSet blockedClients)
    {
        if (policy is null or { Deny: [], Allow: [] })
        {
            return blockedClients.IsEmpty ? null : new SourceRangeFilter(blockedClients, null, AnswerReason.ClientBlocked);
        }

        var allow = policy.Allow.IsEmpty ? null : AddressRangeSet.From(policy.Allow);
        return new SourceRangeFilter(AddressRangeSet.From(policy.Deny), allow, AnswerReason.SourceDenied);
    }

    public OwnAnswer Refusal => OwnAnswer.For(_reason);

    /// <summary>Whether an allow list names the client; not being denied is no permission (nginx's <c>satisfy any</c>).</summary>
    public bool IsPermitted(in ClientAddress client) => _allow is not null && Admits(in client);

    public bool Admits(in ClientAddress client) => !_deny.Contains(in client) && (_allow is null || _allow.Contains(in client));
}
