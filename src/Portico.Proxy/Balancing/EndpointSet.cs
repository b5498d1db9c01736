using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Proxy.Balancing;

/// <summary>The endpoints of a backend at one time, and how one of them is chosen. Immutable; replaced as a whole.</summary>
public sealed class EndpointSet
{
    internal EndpointSet(EndpointState[] endpoints, BalancerKind kind)
    {
        Endpoints = endpoints;
        Kind = kind;
        // Built here, on the control thread, once for all shards.
        Ring = kind == BalancerKind.ConsistentHash ? new HashRing(endpoints) : null;
    }

    internal static EndpointSet Empty { get; } = new([], BalancerKind.RoundRobin);

    public EndpointState[] Endpoints { get; }

    public BalancerKind Kind { get; }

    internal HashRing? Ring { get; }

    /// <summary>Whether the set is made of these endpoints, in whatever order.</summary>
    internal bool Holds(EndpointState[] endpoints, BalancerKind kind) =>
        kind == Kind && endpoints.Length == Endpoints.Length && endpoints.ToHashSet().SetEquals(Endpoints);
}

public enum BalancerKind
{
    RoundRobin,
    Ewma,
    ConsistentHash,
}
