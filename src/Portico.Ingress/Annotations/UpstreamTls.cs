using System.Collections.Immutable;
using System.Security.Cryptography;
using Portico.Ingress.Tls;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>TLS towards the backend: verification and client certificate.</summary>
internal static class UpstreamTls
{
    public static readonly AnnotationDeclaration Secret = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "namespace/name of the Secret with ca.crt and, when the backend asks for one, a client certificate.")
    { Names = ResourceKind.Secret, Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration Ciphers = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-ciphers", AnnotationRisk.Medium, new ValueRule("an OpenSSL cipher list", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or ':' or '_' or '!' or '-')), InvalidValue.UsesDefault, "DEFAULT",
        "Cipher list.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static readonly AnnotationDeclaration Name = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-name", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "The name in the backend's certificate.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static readonly AnnotationDeclaration Protocols = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-protocols", AnnotationRisk.Low, ValueRule.Words("TLSv1.2", "TLSv1.3"), InvalidValue.UsesDefault, "TLSv1.2",
        "TLS versions.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static readonly AnnotationDeclaration ServerName = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-server-name", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether the name is sent in the handshake.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static readonly AnnotationDeclaration Verify = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-verify", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "off",
        "Whether the backend's certificate is checked.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static readonly AnnotationDeclaration VerifyDepth = new(
        "nginx.ingress.kubernetes.io/proxy-ssl-verify-depth", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1",
        "The longest chain.")
    { Scope = AnnotationScope.Ingress, ReadWith = Secret };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Secret, Ciphers, Name, Protocols, ServerName, Verify, VerifyDepth,
    ];

    /// <summary>What nginx calls the group of all backends: the name that is checked and sent when none is set.</summary>
    private const string NameOfAllBackends = "upstream_balancer";

    /// <summary>The Secret to look at again when it changes.</summary>
    public static NamespacedName? Reference(AnnotationValues values) =>
        NamespacedName.TryParse(values.Text(Secret), out var name) ? name : null;

    /// <summary>Null without the Secret, which is the switch for all the others.</summary>
    public static UpstreamTlsPolicy? Read(AnnotationValues values, IResourceView view)
    {
        if (values.Text(Secret) is not { } text)
        {
            return null;
        }

        if (Reference(values) is not { } name)
        {
            return Close(values, $"'{text}' is not namespace/name");
        }

        if (name.Namespace != values.Ingress.Namespace && !values.AllowsCrossNamespace)
        {
            return Close(values, $"the Secret {name} belongs to another namespace");
        }

        if (view.Find<Kubernetes.Resources.Secret>(name.Namespace, name.Name) is not { } secret)
        {
            return Close(values, $"there is no Secret {name}");
        }

        if (secret.Data.GetValueOrDefault("ca.crt") is not { Length: > 0 } authorities)
        {
            values.Warn(Secret, "NoAuthorities", $"Secret {name} has no ca.crt: it has no effect, and neither have the other proxy-ssl annotations");
            return null;
        }

        var shows = secret.Data.ContainsKey("tls.crt") && secret.Data.ContainsKey("tls.key");
        return shows && CertificateParser.Parse(secret).Problem is { } problem
            ? Close(values, $"Secret {name} {problem}")
            : From(values, name, authorities, shows ? secret.Data["tls.crt"] : [], shows ? secret.Data["tls.key"] : []);
    }

    private static UpstreamTlsPolicy From(AnnotationValues values, NamespacedName name, byte[] authorities, byte[] chain, byte[] key)
    {
        var protocols = (values.Text(Protocols) ?? "TLSv1.2").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new UpstreamTlsPolicy
        {
            Name = name.ToString(),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(authorities), .. SHA256.HashData(chain), .. key])),
            AuthoritiesPem = [.. authorities],
            ChainPem = [.. chain],
            KeyPem = [.. key],
            Verify = values.Text(Verify)?.Trim() == "on",
            Depth = Math.Max(1, values.Integer(VerifyDepth) ?? 1),
            ServerName = values.Text(Name) ?? NameOfAllBackends,
            SendServerName = values.Text(ServerName)?.Trim() == "on",
            Tls12 = protocols.Contains("TLSv1.2"),
            Tls13 = protocols.Contains("TLSv1.3"),
            Ciphers = values.Text(Ciphers) ?? "DEFAULT",
        };
    }

    private static UpstreamTlsPolicy? Close(AnnotationValues values, string problem)
    {
        values.Close(Secret, AccessGuard.Location, $"annotation {values.NameOf(Secret)}: {problem}");
        return null;
    }
}
