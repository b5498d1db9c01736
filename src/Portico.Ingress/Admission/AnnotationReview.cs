using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Model;

namespace Portico.Ingress.Admission;

/// <summary>The annotations of an Ingress under review, in ingress-nginx's words.</summary>
internal sealed class AnnotationReview(AnnotationCatalog catalog, AnnotationPolicy policy, IngressOptions options)
{
    private const string UsualPrefix = "nginx.ingress.kubernetes.io";

    /// <summary>Gone from ingress-nginx; it still says so.</summary>
    private static readonly ImmutableArray<string> Deprecated =
        ["enable-influxdb", "influxdb-measurement", "influxdb-port", "influxdb-host", "influxdb-server-name", "secure-verify-ca-secret"];

    /// <summary>The group names of ingress-nginx, by family.</summary>
    private static readonly (ImmutableArray<AnnotationDeclaration> Family, string Group)[] Groups =
    [
        (Rewrite.Declarations, "Rewrite"), (HttpsRedirects.Declarations, "Rewrite"), (Redirects.Declarations, "Redirect"),
        (ServerAlias.Declarations, "Aliases"), (Cors.Declarations, "CorsConfig"), (CustomHeaders.Declarations, "CustomHeaders"),
        (BackendProtocol.Declarations, "BackendProtocol"), (ProxySettings.Declarations, "Proxy"), (ResponseRewrites.Declarations, "Proxy"),
        (LoadBalance.Declarations, "LoadBalancing"), (AccessLog.Declarations, "Logs"), (DefaultBackend.Declarations, "DefaultBackend"),
        (BasicAuth.Declarations, "BasicDigestAuth"), (ExternalAuth.Declarations, "ExternalAuth"), (ClientCertificates.Declarations, "CertificateAuth"),
        (Satisfy.Declarations, "Satisfy"), (ModSecurity.Declarations, "ModSecurity"), (SessionAffinity.Declarations, "SessionAffinity"),
        (Canary.Declarations, "Canary"), (RateLimits.Declarations, "RateLimit"), (Mirror.Declarations, "Mirror"), (UpstreamTls.Declarations, "ProxySSL"),
        (HostTls.Declarations, "SSLCipher"), (ErrorPages.Declarations, "CustomHTTPErrors"), (FastCgi.Declarations, "FastCGI"),
        (OpenTelemetry.Declarations, "Opentelemetry"), (SourceRanges.Declarations, "Allowlist"), (Snippets.Declarations, "ConfigurationSnippet"),
    ];

    public string? RefusalByName(IngressResource ingress)
    {
        foreach (var (name, value) in ingress.Metadata.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            if (options.AnnotationsPrefix != UsualPrefix && name.StartsWith(UsualPrefix + "/", StringComparison.Ordinal))
            {
                return $"this deployment has a custom annotation prefix defined. Use '{options.AnnotationsPrefix}' instead of '{UsualPrefix}'";
            }

            if (name.StartsWith(catalog.Prefix + "/", StringComparison.Ordinal)
                && policy.ForbiddenWords.FirstOrDefault(word => value.Contains(word, StringComparison.Ordinal)) is { } forbidden)
            {
                return $"{name} annotation contains invalid word {forbidden}";
            }

            if (!policy.AllowSnippets && name.EndsWith("-snippet", StringComparison.Ordinal))
            {
                return $"{name} annotation cannot be used. Snippet directives are disabled by the Ingress administrator";
            }
        }

        return null;
    }

    public string? RefusalByValue(IngressResource ingress, AnnotationValues values)
    {
        foreach (var declaration in AnnotationCatalog.Declarations)
        {
            if (declaration.Risk > policy.RiskLevel && ingress.Metadata.Annotations.ContainsKey(values.NameOf(declaration)))
            {
                return $"annotation group {GroupOf(declaration)} contains risky annotation based on ingress configuration";
            }
        }

        foreach (var declaration in AnnotationCatalog.Declarations)
        {
            if (values.Refuses(declaration))
            {
                return $"annotation {values.NameOf(declaration)} contains invalid value";
            }
        }

        return values.Refusal;
    }

    /// <summary>What is let in and does not do what it says: deprecated, unknown, without effect, or replaced by a default.</summary>
    public IEnumerable<string> Warnings(IngressResource ingress, AnnotationValues values)
    {
        foreach (var suffix in Deprecated)
        {
            if (ingress.Metadata.Annotations.ContainsKey($"{catalog.Prefix}/{suffix}"))
            {
                yield return $"annotation {catalog.Prefix}/{suffix} is deprecated";
            }
        }

        foreach (var finding in values.Findings)
        {
            var known = Deprecated.Contains(finding.Field[(finding.Field.IndexOf('/') + 1)..]);
            if (finding.Severity != FindingSeverity.Info && !known && values.Refusal is null)
            {
                yield return $"annotation {finding.Field}: {finding.Message}";
            }
        }
    }

    private static string GroupOf(AnnotationDeclaration declaration)
    {
        foreach (var (family, group) in Groups)
        {
            if (family.Contains(declaration))
            {
                return declaration.Suffix switch
                {
                    "server-snippet" => "ServerSnippet",
                    "stream-snippet" => "StreamSnippet",
                    "denylist-source-range" => "Denylist",
                    _ => group,
                };
            }
        }

        return declaration.Suffix;
    }
}
