using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Which client addresses may come in. A list that cannot be read closes the paths.</summary>
internal static class SourceRanges
{
    public static readonly AnnotationDeclaration AllowlistSourceRange = new(
        "nginx.ingress.kubernetes.io/allowlist-source-range", AnnotationRisk.Medium, ValueRule.AddressRanges, InvalidValue.ClosesLocation, "none",
        "Only these client addresses are let in, everybody else gets 403.")
    { Alias = "nginx.ingress.kubernetes.io/whitelist-source-range", ConfigKey = "whitelist-source-range" };

    public static readonly AnnotationDeclaration DenylistSourceRange = new(
        "nginx.ingress.kubernetes.io/denylist-source-range", AnnotationRisk.Medium, ValueRule.AddressRanges, InvalidValue.ClosesLocation, "none",
        "These client addresses get 403, also when they are on the allow list.")
    { ConfigKey = "denylist-source-range" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [AllowlistSourceRange, DenylistSourceRange];

    /// <summary>Each annotation replaces only its own default.</summary>
    public static SourceRangePolicy? Read(AnnotationValues values, RouteDefaults defaults)
    {
        var allow = Ranges(values, AllowlistSourceRange) ?? defaults.AllowedRanges;
        var deny = Ranges(values, DenylistSourceRange) ?? defaults.DeniedRanges;
        return allow.IsEmpty && deny.IsEmpty ? null : new SourceRangePolicy(deny, allow);
    }

    /// <summary>Why nobody may come in: the installation's allow list is unreadable and the Ingress has none of its own.</summary>
    public static string? ReadDenial(AnnotationValues values, RouteDefaults defaults) =>
        values.Has(AllowlistSourceRange) ? null : defaults.AllowedRangesProblem;

    private static ImmutableArray<AddressRange>? Ranges(AnnotationValues values, AnnotationDeclaration declaration) =>
        values.Text(declaration) is { } text && ValueRule.TryParseRanges(text, out var ranges) ? [.. ranges] : null;
}
