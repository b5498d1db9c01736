using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>TLS settings of a host.</summary>
internal static class HostTls
{
    public static readonly AnnotationDeclaration Ciphers = new(
        "nginx.ingress.kubernetes.io/ssl-ciphers", AnnotationRisk.Low, new ValueRule("an OpenSSL cipher list", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or ':' or '_' or '!' or '-' or '@' or '=')), InvalidValue.DropsIngress, "the ConfigMap's",
        "OpenSSL cipher list of the host.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "ssl-ciphers" };

    public static readonly AnnotationDeclaration PreferServerCiphers = new(
        "nginx.ingress.kubernetes.io/ssl-prefer-server-ciphers", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether the server chooses the cipher.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration Passthrough = new(
        "nginx.ingress.kubernetes.io/ssl-passthrough", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "Hands TLS connections to the backend unread. Needs --enable-ssl-passthrough.")
    { Scope = AnnotationScope.Ingress };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Ciphers, PreferServerCiphers, Passthrough,
    ];
}
