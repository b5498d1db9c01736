using Portico.Http.Messages;
using Portico.Model;
using Portico.Net.Tls;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Routing;

/// <summary>A virtual host ready to serve. Immutable, shared by all shards, reused by every snapshot that holds the same model.</summary>
public sealed class CompiledHost
{
    private readonly LiteralPaths _literals;

    /// <summary>The numbers of the routes with a pattern, in ascending order.</summary>
    private readonly int[] _patternRoutes;

    internal CompiledHost(VirtualHost model, CompiledRoute[] routes, HostName[] names, RoutingProblem[] problems)
    {
        Model = model;
        Routes = routes;
        Names = names;
        Problems = problems;
        _literals = new LiteralPaths(routes);
        _patternRoutes = [.. Enumerable.Range(0, routes.Length).Where(number => routes[number].Pattern is not null)];
    }

    public VirtualHost Model { get; }

    /// <summary>In order of precedence.</summary>
    public CompiledRoute[] Routes { get; }

    /// <summary>The names that lead here: its own first.</summary>
    internal HostName[] Names { get; }

    internal RoutingProblem[] Problems { get; }

    /// <summary>What is asked of TLS clients; null for nothing.</summary>
    internal ClientCertificateFilter? ClientCertificates { get; init; }

    /// <summary>What handshakes for the host take besides the certificate; null for nothing special.</summary>
    internal TlsHostRules? TlsRules { get; init; }

    /// <summary>The whole host answers 403.</summary>
    internal bool IsClosed { get; init; }

    /// <summary>The first route in order of precedence that takes the request; null when none does.</summary>
    /// <param name="path">The path as <see cref="NormalizedPath"/> makes it.</param>
    public CompiledRoute? Match(ReadOnlySpan<byte> path, RequestHead head)
    {
        var best = _literals.Find(path, head);
        foreach (var number in _patternRoutes)
        {
            if (number > best)
            {
                break;
            }

            var route = Routes[number];
            if (route.Pattern!.IsMatch(path) && route.Conditions.Hold(head))
            {
                return route;
            }
        }

        return best < Routes.Length ? Routes[best] : null;
    }
}
