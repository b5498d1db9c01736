using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>The virtual hosts of a listener by name.</summary>
/// <param name="Hosts">Keyed by <see cref="VirtualHost.Name"/>.</param>
public sealed record HostTable(ImmutableDictionary<string, VirtualHost> Hosts)
{
    /// <summary>What differs from the table before; null for one that has none before it.</summary>
    public TableChange<string, VirtualHost>? Change { get; init; }

    public static HostTable Empty { get; } = new(ImmutableDictionary<string, VirtualHost>.Empty);
}
