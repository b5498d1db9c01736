namespace Portico.Proxy.Balancing;

/// <summary>The endpoints of a backend at one time, and how one of them is chosen. Immutable; replaced as a whole.</summary>
public sealed class EndpointSet
{
    private readonly EndpointChoice _choice;

    /// <summary>What balancers look things up in is built here, on the control thread, once for all shards.</summary>
    internal EndpointSet(EndpointState[] endpoints, EndpointChoice choice)
    {
        Endpoints = endpoints;
        _choice = choice;
        Subsets = choice.SubsetSize > 0 ? new EndpointSubsets(endpoints, choice.SubsetSize) : null;
        Sessions = choice.SessionsOf is { } backend ? new PersistentSessions(backend, endpoints) : null;
        Ring = choice.Kind is BalancerKind.ConsistentHash or BalancerKind.Sticky && Subsets is null && Sessions is null ? HashRing.Of(endpoints) : null;
    }

    internal static EndpointSet Empty { get; } = new([], new EndpointChoice(BalancerKind.RoundRobin));

    public EndpointState[] Endpoints { get; }

    public BalancerKind Kind => _choice.Kind;

    internal HashRing? Ring { get; }

    internal EndpointSubsets? Subsets { get; }

    /// <summary>Set when cookies name endpoints.</summary>
    internal PersistentSessions? Sessions { get; }

    /// <summary>Whether the set is made of these endpoints, in whatever order.</summary>
    internal bool Holds(EndpointState[] endpoints, EndpointChoice choice) =>
        choice == _choice && endpoints.Length == Endpoints.Length && endpoints.ToHashSet().SetEquals(Endpoints);
}

/// <param name="SubsetSize">Of a consistent hash: the size of the groups that keys lead to; 0 for single endpoints.</param>
/// <param name="SessionsOf">The name of a backend with persistent sessions, which their keys are made with; else null.</param>
internal readonly record struct EndpointChoice(BalancerKind Kind, int SubsetSize = 0, string? SessionsOf = null);

public enum BalancerKind
{
    RoundRobin,
    Ewma,
    ConsistentHash,
    Sticky,
}
