using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Limits;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Rate and connection limits in nginx's order: requests per second, per minute (both must admit, else neither counts), then requests in
/// progress. Immutable, shared by all shards; the counts are in zones that outlive it.
/// </summary>
internal sealed class LimitFilter
{
    private readonly AddressRangeSet? _exempt;
    private readonly CompiledTemplate? _key;
    private readonly PolicyState _state;
    private readonly Bucket? _perSecond;
    private readonly Bucket? _perMinute;
    private readonly ConnectionZone? _connections;
    private readonly int _mostConnections;
    private readonly OwnAnswer _rateRefusal;
    private readonly OwnAnswer _connectionRefusal;

    public LimitFilter(LimitPolicy policy, LimitSettings settings, PolicyState state)
    {
        _state = state;
        _exempt = policy.Exempt.IsEmpty ? null : AddressRangeSet.From(policy.Exempt);
        _key = settings.Key is null ? null : CompiledTemplate.For(settings.Key);
        _perSecond = Bucket.Of(state, policy.Zone + "/rps", policy.RequestsPerSecond, 1, policy.BurstMultiplier);
        _perMinute = Bucket.Of(state, policy.Zone + "/rpm", policy.RequestsPerMinute, 60, policy.BurstMultiplier);
        _mostConnections = policy.Connections;
        _connections = policy.Connections > 0 ? state.Connections(policy.Zone + "/conn") : null;
        _rateRefusal = OwnAnswer.For(AnswerReason.RateLimited) with { Status = settings.RateStatus };
        _connectionRefusal = OwnAnswer.For(AnswerReason.ConnectionLimited) with { Status = settings.ConnectionStatus };
    }

    /// <summary>Counts the request, or refuses it. A connection that was counted stays so until <see cref="RequestContext.LeaveConnectionZone"/>.</summary>
    public PolicyDecision Apply(RequestContext context)
    {
        var address = context.Client;
        if ((_exempt is not null && _exempt.Contains(in address)) || !TryKey(context, in address, out var client))
        {
            return PolicyDecision.Continue;
        }

        // One clock for all shards.
        var now = Environment.TickCount64 + 1;
        if (_perSecond is not null && !_perSecond.TryTake(client, now))
        {
            return _rateRefusal;
        }

        if (_perMinute is not null && !_perMinute.TryTake(client, now))
        {
            _perSecond?.GiveBack(client);
            return _rateRefusal;
        }

        if (_connections is not null)
        {
            if (!_connections.TryEnter(client, _mostConnections, now))
            {
                return _connectionRefusal;
            }

            context.EnterConnectionZone(_connections, client);
        }

        return PolicyDecision.Continue;
    }

    private bool TryKey(RequestContext context, in ClientAddress address, out UInt128 key)
    {
        if (_key is null)
        {
            // IPv4 in its mapped form, which no IPv6 client has: those were made IPv4 before.
            key = address.IsIPv6 ? address.Bits : address.Bits | ((UInt128)0xFFFF << 32);
            return true;
        }

        var scratch = context.Scratch;
        scratch.Clear();
        _key.Append(context, scratch);
        key = scratch.Length == 0 ? 0 : _state.KeyOf(scratch.Written);
        return scratch.Length > 0;
    }

    /// <summary>One rate of one zone. nginx divides in whole thousandths, so one per minute is 16 thousandths per second.</summary>
    private sealed class Bucket(RateZone zone, long rate, long burst)
    {
        public static Bucket? Of(PolicyState state, string name, int requests, int seconds, int multiplier) =>
            requests <= 0 ? null : new Bucket(state.Rate(name), requests * 1000L / seconds, (long)requests * multiplier * 1000);

        public bool TryTake(UInt128 client, long now) => zone.TryTake(client, rate, burst, now);

        public void GiveBack(UInt128 client) => zone.GiveBack(client);
    }
}
