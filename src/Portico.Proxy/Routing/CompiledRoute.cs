using Portico.Model;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Routing;

/// <summary>A route ready to run: the model it came from and its policies in executable form. Immutable, shared by all shards.</summary>
public sealed class CompiledRoute(Route model, RoutePolicies policies)
{
    public Route Model { get; } = model;

    public RoutePolicies Policies { get; } = policies;
}
