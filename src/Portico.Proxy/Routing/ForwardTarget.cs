using Portico.Proxy.Balancing;

namespace Portico.Proxy.Routing;

/// <summary>A backend that a route may send to, and its share among the route's targets.</summary>
public sealed record ForwardTarget(BackendState Backend, int Weight);
