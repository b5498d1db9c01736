using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Backends;

/// <summary>What a Service port leads to now.</summary>
/// <param name="Problem">Why there are no endpoints although somebody asked for some; null when all is as it should be.</param>
/// <param name="Follows">Other Services whose changes matter, because an ExternalName names them.</param>
internal readonly record struct ServiceResolution(
    ImmutableArray<Endpoint> Endpoints, DnsTarget? Dns, string? Problem, ImmutableArray<NamespacedName> Follows)
{
    /// <summary>Whether the Service that was asked for does not exist.</summary>
    public bool ServiceMissing { get; init; }

    /// <summary>What the port speaks, as the Service says it; null when it does not.</summary>
    public UpstreamProtocol? Protocol { get; init; }

    public static ServiceResolution None(string problem) => new([], null, problem, []);

    public static ServiceResolution To(ImmutableArray<Endpoint> endpoints) => new(endpoints, null, null, []);
}
