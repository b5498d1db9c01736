using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Basic and digest authentication. Not in effect yet: paths that ask for it are closed.</summary>
internal static class BasicAuth
{
    public static readonly AnnotationDeclaration AuthType = new(
        "nginx.ingress.kubernetes.io/auth-type", AnnotationRisk.Low, new ValueRule("basic or digest", static v => v.Trim() is "basic" or "digest"), InvalidValue.DropsIngress, "none",
        "Asks for a user name and password: basic or digest.")
    { Guards = AccessGuard.Authentication, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthSecret = new(
        "nginx.ingress.kubernetes.io/auth-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.ClosesLocation, "none",
        "The Secret with the users: name or namespace/name.")
    { ReadWith = AuthType, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthSecretType = new(
        "nginx.ingress.kubernetes.io/auth-secret-type", AnnotationRisk.Low, ValueRule.OneOf("auth-file", "auth-map"), InvalidValue.DropsIngress, "auth-file",
        "How the Secret is laid out: auth-file or auth-map.")
    { ReadWith = AuthType, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthRealm = new(
        "nginx.ingress.kubernetes.io/auth-realm", AnnotationRisk.Medium, ValueRule.BasicAndBlank, InvalidValue.DropsIngress, "empty",
        "The realm that the browser shows.")
    { ReadWith = AuthType, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthType, AuthSecret, AuthSecretType, AuthRealm,
    ];
}
