using System.Collections.Immutable;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What is counted of sessions, as it was looked at last. Any thread.</summary>
internal interface IRouterCounts
{
    /// <summary>All our neighbors.</summary>
    ImmutableArray<PeerCount> Counts { get; }

    /// <summary>Those that BFD watches.</summary>
    ImmutableArray<BfdCount> BfdCounts { get; }
}
