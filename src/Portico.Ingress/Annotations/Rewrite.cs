using System.Collections.Immutable;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>Rewriting of paths: rewrite-target, use-regex, app-root, x-forwarded-prefix.</summary>
internal static class Rewrite
{
    public static readonly AnnotationDeclaration RewriteTarget = new(
        "nginx.ingress.kubernetes.io/rewrite-target", AnnotationRisk.Medium, ValueRule.PathWithCaptures, InvalidValue.UsesDefault, "none",
        "Replaces the whole path by this target; $1 and named groups of the path's regular expression are filled in. Turns every path of the host into a regular expression.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration UseRegex = new(
        "nginx.ingress.kubernetes.io/use-regex", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Reads the paths as regular expressions, anchored at the start, ignoring case. Holds for every path of the host, also of other Ingresses.");

    public static readonly AnnotationDeclaration AppRoot = new(
        "nginx.ingress.kubernetes.io/app-root", AnnotationRisk.Medium, ValueRule.PathWithCaptures, InvalidValue.UsesDefault, "none",
        "Redirects the bare root of the host to this path with 302.");

    public static readonly AnnotationDeclaration ForwardedPrefix = new(
        "nginx.ingress.kubernetes.io/x-forwarded-prefix", AnnotationRisk.Medium, ValueRule.PathWithCapturesAndBlanks, InvalidValue.DropsIngress, "none",
        "Sent to the backend as X-Forwarded-Prefix when rewrite-target rewrites the request.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [RewriteTarget, UseRegex, AppRoot, ForwardedPrefix];

    /// <summary>The app root, when it is a path: anything else is ignored.</summary>
    public static Template? ReadAppRoot(AnnotationValues values)
    {
        if (values.Text(AppRoot) is not { } text)
        {
            return null;
        }

        if (!text.StartsWith('/'))
        {
            values.Warn(AppRoot, "AnnotationParsingFailed", $"'{text}' is no absolute path; the annotation is ignored");
            return null;
        }

        return Template.Literal(text);
    }

    public static Template? ReadForwardedPrefix(AnnotationValues values) =>
        values.Text(ForwardedPrefix) is { } text ? Template.Parse(text) : null;
}
