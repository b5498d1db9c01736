using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Copies of requests to another place.</summary>
internal static class Mirror
{
    public static readonly AnnotationDeclaration Target = new(
        "nginx.ingress.kubernetes.io/mirror-target", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "A URL that copies of requests go to; their answers are thrown away. Only path and query may hold variables; a path without any gets the query of the request.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration Host = new(
        "nginx.ingress.kubernetes.io/mirror-host", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "the host of mirror-target",
        "The Host header of the copies.")
    { Scope = AnnotationScope.Ingress, ReadWith = Target };

    public static readonly AnnotationDeclaration RequestBody = new(
        "nginx.ingress.kubernetes.io/mirror-request-body", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "on",
        "Whether bodies are copied.")
    { Scope = AnnotationScope.Ingress, ReadWith = Target };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Target, Host, RequestBody,
    ];

    /// <summary>Null without a target, or with one that cannot be used.</summary>
    public static MirrorPolicy? Read(AnnotationValues values, string clusterDomain)
    {
        if (values.Text(Target) is not { } url)
        {
            return null;
        }

        if (!SubrequestUrl.TryParse(url, clusterDomain, out var target, out var problem))
        {
            values.Warn(Target, "AnnotationParsingFailed", $"{problem}; requests are not copied");
            return null;
        }

        return new MirrorPolicy(target, values.Text(Host) ?? target.Host, values.Text(RequestBody) != "off");
    }
}
