using Portico.Model;

namespace Portico.Proxy.Policies;

/// <summary>The policies of one route in executable form; null members cost nothing.</summary>
public sealed class RoutePolicies
{
    public static RoutePolicies Compile(Route route, GlobalSettings settings) => new();
}
