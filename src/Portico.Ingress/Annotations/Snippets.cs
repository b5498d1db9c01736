using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Pieces of nginx configuration. They are never executed: without permission they are left out, with permission they are not in effect yet.</summary>
internal static class Snippets
{
    private const string NoConfigurationText = "there is no configuration text that directives could be put into";

    public static readonly AnnotationDeclaration Configuration = new(
        "nginx.ingress.kubernetes.io/configuration-snippet", AnnotationRisk.Critical, ValueRule.Anything, InvalidValue.NotChecked, "none",
        "Directives for the paths of the Ingress.")
    { ConfigKey = "location-snippet", Effect = AnnotationEffect.NotYet, Because = NoConfigurationText };

    public static readonly AnnotationDeclaration Server = new(
        "nginx.ingress.kubernetes.io/server-snippet", AnnotationRisk.Critical, ValueRule.Anything, InvalidValue.NotChecked, "none",
        "Directives for the host.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "server-snippet", Effect = AnnotationEffect.NotYet, Because = NoConfigurationText };

    public static readonly AnnotationDeclaration Stream = new(
        "nginx.ingress.kubernetes.io/stream-snippet", AnnotationRisk.Critical, ValueRule.Anything, InvalidValue.NotChecked, "none",
        "Directives for TCP and UDP.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "stream-snippet", Effect = AnnotationEffect.NotYet, Because = NoConfigurationText };

    public static readonly AnnotationDeclaration Firewall = new(
        "nginx.ingress.kubernetes.io/modsecurity-snippet", AnnotationRisk.Critical, ValueRule.Anything, InvalidValue.NotChecked, "none",
        "Rules for the web application firewall.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "modsecurity-snippet", Effect = AnnotationEffect.NotYet, Because = "this version inspects no requests" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Configuration, Server, Stream, Firewall,
    ];

    /// <summary>Directives that keep clients out, or may.</summary>
    private static readonly ImmutableArray<string> AccessWords =
        ["allow", "deny", "satisfy", "auth_", "return", "internal", "access_by", "limit_except", "valid_referers", "secure_link", "SecRule"];

    /// <summary>A snippet that is allowed but may keep clients out closes the paths until it is in effect.</summary>
    public static void Report(AnnotationValues values, AnnotationDeclaration snippet, string text, bool allowed)
    {
        if (!allowed)
        {
            ReportNotAllowed(values, snippet);
        }
        else if (AccessWords.FirstOrDefault(w => text.Contains(w, StringComparison.Ordinal)) is { } word && snippet != Stream)
        {
            values.Close(snippet, AccessGuard.Location, $"annotation {values.NameOf(snippet)} is not in effect yet, and '{word}' in it may guard access");
        }
        else
        {
            values.Warn(snippet, "AnnotationNotInEffect", "is not in effect yet");
        }
    }

    public static void ReportNotAllowed(AnnotationValues values, AnnotationDeclaration snippet) =>
        values.Warn(snippet, "SnippetNotAllowed", "snippets are disabled by allow-snippet-annotations; it is left out");
}
