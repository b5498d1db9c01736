using Portico.Model;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Policies;

/// <summary>What policies are compiled against besides their model: what they remember, and the living backends that they ask.</summary>
/// <param name="Resolve">The backend of an id; one that the model does not hold has no endpoints.</param>
internal sealed record PolicyBindings(PolicyState State, Func<BackendId, BackendState> Resolve)
{
    /// <summary>For a route that is compiled by itself.</summary>
    public static PolicyBindings Alone() => new(new PolicyState(), static id => new BackendState(new Backend { Id = id, Name = id.ToString() }, shards: 1));
}
