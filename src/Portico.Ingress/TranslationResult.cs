using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>What one <see cref="IngressTranslator.Apply"/> gives back.</summary>
/// <param name="Model">The new snapshot; the same reference as before when nothing that runs has changed.</param>
/// <param name="Findings">All findings now in force, by object. Arrays of objects that were not looked at are the same as before.</param>
/// <param name="Changed">The objects whose findings differ from the previous result, also those that have none any more.</param>
public sealed record TranslationResult(
    GatewayModel Model,
    ImmutableDictionary<ObjectReference, ImmutableArray<Finding>> Findings,
    ImmutableArray<ObjectReference> Changed)
{
    /// <summary>The Ingresses that lead to Service ports with nothing behind them.</summary>
    public ImmutableArray<OrphanedIngress> Orphans { get; init; } = [];

    /// <summary>How many findings are in force, by <see cref="FindingSeverity"/>.</summary>
    public ImmutableArray<int> Counts { get; init; } = [];
}
