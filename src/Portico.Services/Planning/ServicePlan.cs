using System.Collections.Immutable;

namespace Portico.Services.Planning;

/// <summary>Where a packet must be addressed to.</summary>
/// <param name="Address">An address; empty for a node port, which is open on addresses of the node.</param>
internal readonly record struct EntryKey(string Address, string Protocol, int Port);

/// <summary>Which way in it is, which decides what happens to the client's address.</summary>
internal enum EntryKind
{
    ClusterIP,

    /// <summary>From outside the cluster: load-balancer and external addresses, node ports.</summary>
    External,
}

/// <summary>What happens to packets of an entry that are not sent to an endpoint.</summary>
internal enum Refusal
{
    None,

    /// <summary>No endpoint anywhere: the client is told (ICMP port unreachable, connection refused).</summary>
    Reject,

    /// <summary>Endpoints elsewhere only, and the policy is Local: silence, so that load balancers try another node.</summary>
    Drop,
}

/// <summary>One way to a Service port.</summary>
/// <param name="Uses">Whose endpoints: the cluster's, this node's, or, for packets from outside, both (by the packet's source).</param>
/// <param name="AllowedSources">Who may use it, as nft writes networks, none within another; default for everybody.</param>
internal sealed record ServiceEntry(EntryKey Key, EntryKind Kind, EndpointUse Uses, Refusal Refusal)
{
    public ImmutableArray<string> AllowedSources { get; init; }
}

internal enum EndpointUse
{
    /// <summary>No endpoint is used: every packet is refused.</summary>
    Nobody,
    Cluster,
    Local,

    /// <summary>The cluster's for pods and for this node, this node's for everybody else (externalTrafficPolicy Local).</summary>
    ClusterOrLocal,
}

/// <summary>Everything that the rules of one family say about a Service port. Pure data; equal input gives an equal plan.</summary>
internal sealed record ServicePlan
{
    public required ServicePortName Name { get; init; }

    public required EndpointChoice Endpoints { get; init; }

    /// <summary>The Service's address of the family.</summary>
    public required string ClusterIP { get; init; }

    public required ImmutableArray<ServiceEntry> Entries { get; init; }

    /// <summary>How long a client stays with its endpoint; null when every connection is free to choose.</summary>
    public TimeSpan? Affinity { get; init; }
}
