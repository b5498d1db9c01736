using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>TLS client certificates: rules that hold for the whole host. A host whose rules cannot be followed is closed.</summary>
internal static class ClientCertificates
{
    public static readonly AnnotationDeclaration AuthTlsSecret = new(
        "nginx.ingress.kubernetes.io/auth-tls-secret", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "namespace/name of the Secret with the authorities that sign client certificates. Holds for the whole host.")
    { Names = ResourceKind.Secret, Guards = AccessGuard.Host };

    public static readonly AnnotationDeclaration AuthTlsVerifyClient = new(
        "nginx.ingress.kubernetes.io/auth-tls-verify-client", AnnotationRisk.Medium, ValueRule.OneOf("on", "off", "optional", "optional_no_ca"), InvalidValue.UsesDefault, "on",
        "Whether a certificate is needed.")
    { ReadWith = AuthTlsSecret };

    public static readonly AnnotationDeclaration AuthTlsVerifyDepth = new(
        "nginx.ingress.kubernetes.io/auth-tls-verify-depth", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1",
        "The longest chain.")
    { ReadWith = AuthTlsSecret };

    public static readonly AnnotationDeclaration AuthTlsErrorPage = new(
        "nginx.ingress.kubernetes.io/auth-tls-error-page", AnnotationRisk.High, new ValueRule("a named location, a path or a URL", IsErrorPage), InvalidValue.DropsIngress, "none",
        "Where a client without a good certificate is sent.")
    { ReadWith = AuthTlsSecret };

    public static readonly AnnotationDeclaration AuthTlsPassCertificate = new(
        "nginx.ingress.kubernetes.io/auth-tls-pass-certificate-to-upstream", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "Sends the certificate to the backend.")
    { ReadWith = AuthTlsSecret };

    public static readonly AnnotationDeclaration AuthTlsMatchCn = new(
        "nginx.ingress.kubernetes.io/auth-tls-match-cn", AnnotationRisk.High, new ValueRule("CN= and a regular expression", static v => v.StartsWith("CN=", StringComparison.Ordinal)), InvalidValue.DropsIngress, "none",
        "A regular expression on the subject.")
    { ReadWith = AuthTlsSecret };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthTlsSecret, AuthTlsVerifyClient, AuthTlsVerifyDepth, AuthTlsErrorPage, AuthTlsPassCertificate, AuthTlsMatchCn,
    ];

    /// <summary>The Secret to look at again when it changes.</summary>
    public static NamespacedName? Reference(AnnotationValues values) =>
        NamespacedName.TryParse(values.Text(AuthTlsSecret), out var name) ? name : null;

    public static ClientCertificatePolicy? Read(AnnotationValues values, IResourceView view)
    {
        if (values.Text(AuthTlsSecret) is not { } text)
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

        if (view.Find<Secret>(name.Namespace, name.Name) is not { } secret)
        {
            return Close(values, $"there is no Secret {name}");
        }

        return FindProblem(secret) is { } problem ? Close(values, $"Secret {name} {problem}") : From(values, name, secret);
    }

    private static ClientCertificatePolicy From(AnnotationValues values, NamespacedName name, Secret secret)
    {
        var authorities = secret.Data.GetValueOrDefault("ca.crt") ?? [];
        var revocation = secret.Data.GetValueOrDefault("ca.crl") ?? [];
        if (authorities.Length == 0)
        {
            // As in ingress-nginx, where such a Secret is a plain certificate.
            values.Warn(AuthTlsSecret, "NoAuthorities", $"Secret {name} has no ca.crt: no client certificate is asked for");
        }

        return new ClientCertificatePolicy
        {
            Name = name.ToString(),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(authorities), .. revocation])),
            Mode = ModeOf(values.Text(AuthTlsVerifyClient)),
            AuthoritiesPem = [.. authorities],
            RevocationPem = [.. revocation],
            Depth = Math.Max(1, values.Integer(AuthTlsVerifyDepth) ?? 1),
            ErrorPage = ReadErrorPage(values),
            PassCertificate = values.Boolean(AuthTlsPassCertificate) == true,
            SubjectPattern = values.Text(AuthTlsMatchCn),
        };
    }

    private static ClientCertificateMode ModeOf(string? word) => word?.Trim() switch
    {
        "off" => ClientCertificateMode.Off,
        "optional" => ClientCertificateMode.Optional,
        "optional_no_ca" => ClientCertificateMode.OptionalWithoutAuthority,
        _ => ClientCertificateMode.Required,
    };

    /// <summary>Named locations exist in snippets only.</summary>
    private static string? ReadErrorPage(AnnotationValues values)
    {
        var page = values.Text(AuthTlsErrorPage);
        if (page?.StartsWith('@') != true)
        {
            return page;
        }

        values.Warn(AuthTlsErrorPage, "AnnotationNotInEffect", $"there is no named location {page}; the plain error page is sent");
        return null;
    }

    /// <summary>What keeps the authorities from being used; null when nothing does.</summary>
    private static string? FindProblem(Secret secret)
    {
        if (!secret.Data.TryGetValue("ca.crt", out var pem) || pem.Length == 0)
        {
            return secret.Data.ContainsKey("tls.crt") && secret.Data.ContainsKey("tls.key") ? null : "has neither ca.crt nor tls.crt with tls.key";
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
            return certificates.Count > 0 ? null : "has no certificate in ca.crt";
        }
        catch (CryptographicException e)
        {
            return $"has an unusable ca.crt: {e.Message}";
        }
        finally
        {
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static ClientCertificatePolicy? Close(AnnotationValues values, string problem)
    {
        values.Close(AuthTlsSecret, AccessGuard.Host, $"annotation {values.NameOf(AuthTlsSecret)}: {problem}");
        return null;
    }

    private static bool IsErrorPage(string value) =>
        value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ';' or '{' or '}' or '?' or '"' or '\'');
}
