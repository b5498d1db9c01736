namespace Portico.Proxy.Balancing;

/// <summary>
/// Two endpoints drawn at random, the one with the lower decayed latency wins; a tie goes to the one drawn first. A retry draws among
/// those that the request has not tried, and among all when it has tried all (nginx Lua balancer <c>ewma</c>).
/// </summary>
internal sealed class EwmaBalancer(BackendState backend) : Balancer(backend)
{
    public override BalancerKind Kind => BalancerKind.Ewma;

    public override EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried)
    {
        var endpoints = Backend.Current.Endpoints;
        if (endpoints.Length <= 1)
        {
            return endpoints.Length == 0 ? null : endpoints[0];
        }

        var candidates = tried.IsEmpty ? endpoints.Length : CountUntried(endpoints, tried);
        if (candidates == 0)
        {
            tried = default;
            candidates = endpoints.Length;
        }

        if (candidates == 1)
        {
            return Candidate(endpoints, tried, 0);
        }

        var first = Random.Shared.Next(candidates);
        var second = Random.Shared.Next(candidates - 1);
        second += second >= first ? 1 : 0;
        var one = Candidate(endpoints, tried, first);
        var other = Candidate(endpoints, tried, second);
        return other.EwmaScoreAt(request.NowMilliseconds) < one.EwmaScoreAt(request.NowMilliseconds) ? other : one;
    }

    public override void Report(EndpointState endpoint, TimeSpan roundTrip, long nowMilliseconds) =>
        endpoint.ReportLatency(roundTrip, nowMilliseconds);

    private static int CountUntried(EndpointState[] endpoints, ReadOnlySpan<EndpointState> tried)
    {
        var count = 0;
        foreach (var endpoint in endpoints)
        {
            count += IsTried(endpoint, tried) ? 0 : 1;
        }

        return count;
    }

    /// <summary>The endpoint of that rank among those not tried.</summary>
    private static EndpointState Candidate(EndpointState[] endpoints, ReadOnlySpan<EndpointState> tried, int rank)
    {
        if (tried.IsEmpty)
        {
            return endpoints[rank];
        }

        foreach (var endpoint in endpoints)
        {
            if (!IsTried(endpoint, tried) && rank-- == 0)
            {
                return endpoint;
            }
        }

        return endpoints[^1];
    }
}
