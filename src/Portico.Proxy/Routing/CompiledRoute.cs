using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Policies;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

/// <summary>
/// A route ready to run: the model it came from, its policies in executable form, and the backends it leads to.
/// Immutable, shared by all shards.
/// </summary>
public sealed class CompiledRoute
{
    /// <summary>Entry i is the sum of the weights up to target i; null when there is nothing to draw.</summary>
    private readonly long[]? _cumulativeWeights;

    public CompiledRoute(Route model, RoutePolicies policies, params ForwardTarget[] targets)
    {
        Model = model;
        Policies = policies;
        Targets = targets;
        _cumulativeWeights = targets.Length > 1 ? Sum(targets) : null;
    }

    public Route Model { get; }

    public RoutePolicies Policies { get; }

    /// <summary>Empty when the route does not forward.</summary>
    public ForwardTarget[] Targets { get; }

    /// <summary>Takes the requests when no target has endpoints, and makes the route's error pages; null for none.</summary>
    public BackendState? Substitute { get; init; }

    /// <summary>Copies requests to another place; null for none.</summary>
    internal MirrorFilter? Mirror { get; init; }

    /// <summary>Where requests are counted; null when they are not.</summary>
    internal RouteMetrics? Metrics { get; init; }

    /// <summary>The path as an expression; null when the path is literal.</summary>
    internal BytePattern? Pattern { get; init; }

    /// <summary>What must hold besides the path.</summary>
    internal RequestConditions Conditions { get; init; } = RequestConditions.None;

    /// <summary>
    /// Draws a target by weight. Null when there is none to send to: no target at all, or only weights of zero.
    /// </summary>
    /// <param name="random">Evenly distributed over all values; a route with one target ignores it.</param>
    public ForwardTarget? DrawTarget(uint random)
    {
        if (_cumulativeWeights is null)
        {
            return Targets.Length == 1 && Targets[0].Weight > 0 ? Targets[0] : null;
        }

        var ticket = (long)(((UInt128)random * (ulong)_cumulativeWeights[^1]) >> 32);
        for (var i = 0; i < _cumulativeWeights.Length; i++)
        {
            if (ticket < _cumulativeWeights[i])
            {
                return Targets[i];
            }
        }

        return null;
    }

    private static long[] Sum(ForwardTarget[] targets)
    {
        var sums = new long[targets.Length];
        var sum = 0L;
        for (var i = 0; i < targets.Length; i++)
        {
            sum += Math.Max(0, targets[i].Weight);
            sums[i] = sum;
        }

        return sums;
    }
}
