using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Model;

/// <summary>
/// One host name with its routes. A name is exact (<c>www.example.com</c>), a wildcard (<c>*.example.com</c>), or
/// <see cref="AnyHost"/>, which answers for every name that nothing else claims. Names are lower case.
/// </summary>
public sealed record VirtualHost
{
    /// <summary>The name of the catch-all host, as ingress-nginx's logs and metrics spell it.</summary>
    public const string AnyHost = "_";

    public required string Name { get; init; }

    /// <summary>Further names that lead here (server-alias).</summary>
    public ImmutableArray<HostAlias> Aliases { get; init; } = [];

    /// <summary>
    /// The number of labels that the star of a wildcard <see cref="Name"/> stands for: exactly one for an Ingress host,
    /// one or more for a Gateway API hostname.
    /// </summary>
    public WildcardReach WildcardReach { get; init; } = WildcardReach.OneLabel;

    /// <summary>Where TLS connections go that ask for this name, unread; null when they end here (<c>ssl-passthrough</c>).</summary>
    public BackendId? Passthrough { get; init; }

    /// <summary>In order of precedence: the first route whose match holds serves the request.</summary>
    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Answers 403 for the whole host, because its client certificate rules could not be honoured.</summary>
    public DenialPolicy? Denial { get; init; }

    /// <summary>What is asked of TLS clients; null for nothing.</summary>
    public ClientCertificatePolicy? ClientCertificates { get; init; }

    /// <summary>Null when handshakes for the host are those of its listener.</summary>
    public HostTlsPolicy? Tls { get; init; }
}

public enum WildcardReach
{
    OneLabel,
    AnyLabels,
}

public enum HostAliasKind
{
    Exact,

    /// <summary><c>*.example.com</c>, any number of labels, as an nginx server name.</summary>
    Wildcard,

    /// <summary>The text after the <c>~</c> of an nginx server name: a regular expression over the whole name.</summary>
    Regex,
}

/// <summary>An additional name of a host. Exact names beat wildcards, wildcards beat regular expressions.</summary>
public sealed record HostAlias(string Name, HostAliasKind Kind);
