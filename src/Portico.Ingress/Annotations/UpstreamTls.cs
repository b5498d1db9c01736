using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>TLS towards the backend: verification and client certificate.</summary>
internal static class UpstreamTls
{
    public static readonly AnnotationDeclaration Secret = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "namespace/name of the Secret with ca.crt and, when the backend asks for one, a client certificate.")
    { Scope = AnnotationScope.Ingress, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Ciphers = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-ciphers", AnnotationRisk.Medium, new ValueRule("an OpenSSL cipher list", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or ':' or '_' or '!' or '-')), InvalidValue.UsesDefault, "DEFAULT",
        "Cipher list.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Name = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-name", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "The name in the backend's certificate.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Protocols = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-protocols", AnnotationRisk.Low, ValueRule.Words("TLSv1.2", "TLSv1.3"), InvalidValue.UsesDefault, "TLSv1.2",
        "TLS versions.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration ServerName = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-server-name", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether the name is sent in the handshake.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Verify = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-verify", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether the backend's certificate is checked.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration VerifyDepth = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-verify-depth", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1",
        "The longest chain.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Secret, Ciphers, Name, Protocols, ServerName, Verify, VerifyDepth,
    ];
}
