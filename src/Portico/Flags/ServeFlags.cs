using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Portico.Flags.Declared;

namespace Portico.Flags;

/// <summary>Every flag of <c>serve</c>: those of ingress-nginx 1.15 and our own.</summary>
internal static class ServeFlags
{
    public static ImmutableArray<FlagGroup> Groups { get; } =
    [
        SourceFlags.Group,
        ListenerFlags.Group,
        IngressFlags.Group,
        MetricsFlags.Group,
        LifetimeFlags.Group,
        LayerFourFlags.Group,
        StatusFlags.Group,
        AdmissionFlags.Group,
        LogFlags.Group,
        IgnoredFlags.Group,
    ];

    public static ImmutableArray<Flag> All { get; } = [.. Groups.SelectMany(g => g)];

    private static FrozenDictionary<string, Flag> ByName { get; } = All.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    public static bool TryFind(string name, [NotNullWhen(true)] out Flag? flag) => ByName.TryGetValue(name, out flag);
}
