using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Model;

/// <summary>
/// Names a destination: a port of a Service. Backends live across snapshots under this key, so pools and balancing
/// state survive every change of routes and endpoints.
/// </summary>
/// <param name="Port">The port as the rule writes it, number or name.</param>
/// <param name="Variant">Tells apart uses of the same Service port whose endpoint lists differ (e.g. <c>service-upstream</c>); else empty.</param>
public readonly record struct BackendId(string Namespace, string Service, string Port, string Variant = "")
{
    /// <summary>The name in logs and metrics: <c>namespace-service-port</c>, as ingress-nginx writes it.</summary>
    public override string ToString() => $"{Namespace}-{Service}-{Port}";
}

/// <summary>A destination and the endpoints that are ready for it now.</summary>
public sealed record Backend
{
    public required BackendId Id { get; init; }

    /// <summary>The name in logs (<c>$proxy_upstream_name</c>).</summary>
    public required string Name { get; init; }

    public ImmutableArray<Endpoint> Endpoints { get; init; } = [];

    /// <summary>A DNS name that stands instead of <see cref="Endpoints"/> (Service type ExternalName), resolved while running.</summary>
    public DnsTarget? Dns { get; init; }

    public LoadBalancing LoadBalancing { get; init; } = LoadBalancing.RoundRobin;

    /// <summary>What the Service port speaks by its <c>appProtocol</c>; null when it does not say.</summary>
    public Policies.UpstreamProtocol? Protocol { get; init; }

    /// <summary>Sessions by cookie; comes before <see cref="LoadBalancing"/>.</summary>
    public SessionAffinityPolicy? Affinity { get; init; }

    /// <summary>Another backend that takes some of the requests.</summary>
    public CanaryPolicy? Canary { get; init; }
}

/// <param name="Address">An IPv4 or IPv6 literal without brackets.</param>
public sealed record Endpoint(string Address, int Port);

/// <summary>A host name to resolve; a trailing dot switches the search list off.</summary>
public sealed record DnsTarget(string HostName, int Port);

/// <summary>How an endpoint is chosen.</summary>
public abstract record LoadBalancing
{
    private LoadBalancing()
    {
    }

    /// <summary>Every endpoint in turn.</summary>
    public static LoadBalancing RoundRobin { get; } = new RoundRobinChoice();

    /// <summary>Two endpoints drawn at random, the one with the lower decayed latency wins (nginx Lua balancer <c>ewma</c>).</summary>
    public static LoadBalancing Ewma { get; } = new EwmaChoice();

    public sealed record RoundRobinChoice : LoadBalancing;

    public sealed record EwmaChoice : LoadBalancing;

    /// <summary>A consistent hash of the evaluated key picks the endpoint.</summary>
    public sealed record ConsistentHashChoice(Text.Template Key) : LoadBalancing
    {
        /// <summary>The key picks a group of so many endpoints, of which each request draws one; 0 picks an endpoint.</summary>
        public int SubsetSize { get; init; }
    }
}
