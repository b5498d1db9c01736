using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>TLS client certificates. Not in effect yet: hosts that ask for them are closed.</summary>
internal static class ClientCertificates
{
    public static readonly AnnotationDeclaration AuthTlsSecret = new(
        "nginx.ingress.kubernetes.io/auth-tls-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "namespace/name of the Secret with the authorities that sign client certificates. Holds for the whole host.")
    { Guards = AccessGuard.Host, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthTlsVerifyClient = new(
        "nginx.ingress.kubernetes.io/auth-tls-verify-client", AnnotationRisk.Medium, ValueRule.OneOf("on", "off", "optional", "optional_no_ca"), InvalidValue.UsesDefault, "on",
        "Whether a certificate is needed.")
    { ReadWith = AuthTlsSecret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthTlsVerifyDepth = new(
        "nginx.ingress.kubernetes.io/auth-tls-verify-depth", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1",
        "The longest chain.")
    { ReadWith = AuthTlsSecret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthTlsErrorPage = new(
        "nginx.ingress.kubernetes.io/auth-tls-error-page", AnnotationRisk.High, new ValueRule("a named location, a path or a URL", IsErrorPage), InvalidValue.DropsIngress, "none",
        "Where a client without a good certificate is sent.")
    { ReadWith = AuthTlsSecret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthTlsPassCertificate = new(
        "nginx.ingress.kubernetes.io/auth-tls-pass-certificate-to-upstream", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "Sends the certificate to the backend.")
    { ReadWith = AuthTlsSecret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthTlsMatchCn = new(
        "nginx.ingress.kubernetes.io/auth-tls-match-cn", AnnotationRisk.High, new ValueRule("CN= and a regular expression", static v => v.StartsWith("CN=", StringComparison.Ordinal)), InvalidValue.DropsIngress, "none",
        "A regular expression on the subject.")
    { ReadWith = AuthTlsSecret, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthTlsSecret, AuthTlsVerifyClient, AuthTlsVerifyDepth, AuthTlsErrorPage, AuthTlsPassCertificate, AuthTlsMatchCn,
    ];

    private static bool IsErrorPage(string value) =>
        value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ';' or '{' or '}' or '?' or '"' or '\'');
}
