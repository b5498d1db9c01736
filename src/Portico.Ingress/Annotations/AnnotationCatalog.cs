using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>All annotations, and how their names are found under the prefix in use.</summary>
internal sealed class AnnotationCatalog
{
    private readonly FrozenDictionary<string, AnnotationDeclaration> _bySuffix;

    public AnnotationCatalog(string prefix)
    {
        Prefix = prefix;
        _bySuffix = Declarations
            .SelectMany(d => d.Alias is { } alias ? [(d.Suffix, d), (alias[(alias.IndexOf('/') + 1)..], d)] : new[] { (d.Suffix, d) })
            .ToFrozenDictionary(pair => pair.Item1, pair => pair.d, StringComparer.Ordinal);
    }

    /// <summary>In the order of the families.</summary>
    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        .. Rewrite.Declarations, .. HttpsRedirects.Declarations, .. Redirects.Declarations, .. ServerAlias.Declarations,
        .. SourceRanges.Declarations, .. Cors.Declarations, .. CustomHeaders.Declarations, .. BackendProtocol.Declarations,
        .. ProxySettings.Declarations, .. LoadBalance.Declarations, .. AccessLog.Declarations, .. DefaultBackend.Declarations,
        .. BasicAuth.Declarations, .. ExternalAuth.Declarations, .. ClientCertificates.Declarations, .. Satisfy.Declarations,
        .. ModSecurity.Declarations, .. SessionAffinity.Declarations, .. Canary.Declarations, .. RateLimits.Declarations,
        .. Mirror.Declarations, .. ProxyCookies.Declarations, .. UpstreamTls.Declarations, .. HostTls.Declarations,
        .. ErrorPages.Declarations, .. FastCgi.Declarations, .. OpenTelemetry.Declarations, .. NginxBuffers.Declarations,
        .. Snippets.Declarations,
    ];

    public static ImmutableArray<AnnotationDeclaration> NotInEffect { get; } =
        [.. Declarations.Where(d => d.Effect == AnnotationEffect.NotYet)];

    public string Prefix { get; }

    /// <summary>Names and aliases, by full name.</summary>
    public AnnotationDeclaration? Find(string fullName) =>
        fullName.Length > Prefix.Length ? _bySuffix.GetValueOrDefault(fullName[(Prefix.Length + 1)..]) : null;

    /// <summary>The known name that a misspelt one most likely means.</summary>
    public string? Closest(string fullName)
    {
        var suffix = fullName[(Prefix.Length + 1)..];
        if (suffix.Length > 100)
        {
            return null;
        }

        var best = _bySuffix.Keys.MinBy(known => EditDistance.Between(suffix, known))!;
        return EditDistance.Between(suffix, best) <= Math.Max(2, suffix.Length / 4) ? $"{Prefix}/{best}" : null;
    }
}
