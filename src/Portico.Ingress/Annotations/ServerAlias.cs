using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Further names of a host.</summary>
internal static class ServerAlias
{
    public static readonly AnnotationDeclaration Aliases = new(
        "nginx.ingress.kubernetes.io/server-alias", AnnotationRisk.High, ValueRules(), InvalidValue.DropsIngress, "none",
        "Names that lead to the same host, joined by commas: exact names, *.suffix, or ~ and a regular expression.")
    { Scope = AnnotationScope.Ingress };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Aliases];

    /// <summary>Sorted, without repeats and empty parts.</summary>
    public static ImmutableArray<string> Read(AnnotationValues values) =>
        values.Text(Aliases) is { } text ? [.. Split(text).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : [];

    private static string[] Split(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Each part is checked for itself, so commas and blanks between parts do not count.</summary>
    private static ValueRule ValueRules() => ValueRule.ListOf(
        "a list of host names or regular expressions", static text => Split(text).All(ValueRule.RegexCharacters.Accepts));
}
