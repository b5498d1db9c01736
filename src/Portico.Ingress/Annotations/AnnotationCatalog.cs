using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>All annotations, and how their names are found under the prefix in use.</summary>
internal sealed class AnnotationCatalog
{
    private readonly FrozenDictionary<string, AnnotationDeclaration> _byName;

    public AnnotationCatalog(string prefix)
    {
        Prefix = prefix;
        _byName = Declarations
            .SelectMany(d => d.Alias is { } alias ? [(NameOf(d, prefix), d), ($"{prefix}/{alias[(alias.IndexOf('/') + 1)..]}", d)] : new[] { (NameOf(d, prefix), d) })
            .ToFrozenDictionary(pair => pair.Item1, pair => pair.d, StringComparer.Ordinal);
    }

    /// <summary>In the order of the families.</summary>
    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        .. Rewrite.Declarations, .. HttpsRedirects.Declarations, .. Redirects.Declarations, .. ServerAlias.Declarations,
        .. SourceRanges.Declarations, .. Cors.Declarations, .. CustomHeaders.Declarations, .. BackendProtocol.Declarations,
        .. ProxySettings.Declarations, .. LoadBalance.Declarations, .. AccessLog.Declarations, .. DefaultBackend.Declarations,
        .. BasicAuth.Declarations, .. ExternalAuth.Declarations, .. AuthSnippet.Declarations, .. ClientCertificates.Declarations, .. Satisfy.Declarations,
        .. ModSecurity.Declarations, .. SessionAffinity.Declarations, .. Canary.Declarations, .. RateLimits.Declarations,
        .. Mirror.Declarations, .. ResponseRewrites.Declarations, .. UpstreamTls.Declarations, .. HostTls.Declarations,
        .. ErrorPages.Declarations, .. FastCgi.Declarations, .. OpenTelemetry.Declarations, .. ResponseBuffering.Declarations,
        .. Snippets.Declarations, .. SendProxyProtocol.Declarations, .. GrpcWeb.Declarations,
    ];

    public static ImmutableArray<AnnotationDeclaration> NotInEffect { get; } =
        [.. Declarations.Where(d => d.Effect == AnnotationEffect.NotYet)];

    private static readonly FrozenDictionary<string, AnnotationDeclaration> BareNames = Declarations
        .Where(d => !d.IsOwn)
        .SelectMany(d => d.Alias is { } alias ? [(d.Suffix, d), (alias[(alias.IndexOf('/') + 1)..], d)] : new[] { (d.Suffix, d) })
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.d, StringComparer.Ordinal);

    public string Prefix { get; }

    /// <summary>The full name of an annotation under a prefix; Portico's own keep theirs.</summary>
    public static string NameOf(AnnotationDeclaration declaration, string prefix) => declaration.IsOwn ? declaration.Name : $"{prefix}/{declaration.Suffix}";

    /// <summary>Whether the name is one that we answer for.</summary>
    public bool Covers(string fullName) => HasPrefix(fullName, Prefix) || HasPrefix(fullName, AnnotationDeclaration.OwnPrefix);

    /// <summary>Names and aliases, by full name.</summary>
    public AnnotationDeclaration? Find(string fullName) => _byName.GetValueOrDefault(fullName);

    /// <summary>
    /// The annotation that a name without any prefix spells. It never acts, but ingress-nginx cuts the prefix off only where there is one
    /// before it compares risks, so the bare name of a risky one refuses the Ingress as well.
    /// </summary>
    public static AnnotationDeclaration? FindBare(string name) => BareNames.GetValueOrDefault(name);

    /// <summary>The known name that a misspelt one most likely means.</summary>
    public string? Closest(string fullName)
    {
        var slash = fullName.IndexOf('/', StringComparison.Ordinal) + 1;
        var suffix = fullName[slash..];
        if (suffix.Length > 100)
        {
            return null;
        }

        var known = _byName.Keys.Where(name => name.StartsWith(fullName[..slash], StringComparison.Ordinal));
        var best = known.MinBy(name => EditDistance.Between(suffix, name[slash..]));
        return best is not null && EditDistance.Between(suffix, best[slash..]) <= Math.Max(2, suffix.Length / 4) ? best : null;
    }

    private static bool HasPrefix(string fullName, string prefix) =>
        fullName.Length > prefix.Length && fullName[prefix.Length] == '/' && fullName.StartsWith(prefix, StringComparison.Ordinal);
}
