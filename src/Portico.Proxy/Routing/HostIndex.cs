using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// The hosts of one <see cref="HostTable"/> by name. Built by the control thread, then immutable and read by all shards; listeners
/// that share a table share its index.
/// </summary>
internal sealed class HostIndex
{
    private readonly ByteKeyTable<CompiledHost> _exact;
    private readonly ByteKeyTable<CompiledHost>? _oneLabel;
    private readonly ByteKeyTable<CompiledHost>? _wildcard;
    private readonly (HostName Name, CompiledHost Host)[] _patterns;
    private readonly CompiledHost? _any;
    private readonly Dictionary<VirtualHost, CompiledHost> _byModel;

    public HostIndex(HostTable model, IReadOnlyCollection<CompiledHost> hosts)
    {
        Model = model;
        _byModel = new Dictionary<VirtualHost, CompiledHost>(hosts.Count, ReferenceEqualityComparer.Instance);
        Span<int> counts = stackalloc int[Enum.GetValues<HostNameKind>().Length];
        foreach (var host in hosts)
        {
            _byModel.Add(host.Model, host);
            foreach (var name in host.Names)
            {
                counts[(int)name.Kind]++;
            }
        }

        _exact = new ByteKeyTable<CompiledHost>(counts[(int)HostNameKind.Exact]);
        _oneLabel = TableOrNull(counts[(int)HostNameKind.OneLabelWildcard]);
        _wildcard = TableOrNull(counts[(int)HostNameKind.Wildcard]);
        var patterns = new List<(HostName, CompiledHost)>();
        // A host's own name is stronger than the same name as an alias of another host.
        foreach (var host in hosts)
        {
            Add(host, host.Names[0], patterns);
            _any ??= host.Names[0].Kind == HostNameKind.Any ? host : null;
        }

        foreach (var host in hosts)
        {
            foreach (var alias in host.Names.AsSpan(1))
            {
                Add(host, alias, patterns);
            }
        }

        // In the order of nginx's configuration, where servers stand by name; the sort is stable.
        _patterns = [.. patterns.OrderBy(pattern => pattern.Item2.Model.Name, StringComparer.Ordinal)];
    }

    public HostTable Model { get; }

    public IReadOnlyCollection<CompiledHost> Hosts => _byModel.Values;

    /// <summary>The compiled form of a host of an earlier snapshot that is in this one by reference.</summary>
    public CompiledHost? FindCompiled(VirtualHost model) => _byModel.GetValueOrDefault(model);

    /// <summary>The host for a name: exact, one-label wildcard, longest wildcard, pattern, any.</summary>
    /// <param name="host">As <see cref="HostNames"/> makes it; empty for a request without a host.</param>
    public CompiledHost? Find(ReadOnlySpan<byte> host) =>
        host.IsEmpty ? _any : _exact.Find(host) ?? FindOneLabel(host) ?? FindWildcard(host) ?? FindPattern(host) ?? _any;

    private static ByteKeyTable<CompiledHost>? TableOrNull(int count) => count == 0 ? null : new ByteKeyTable<CompiledHost>(count);

    private void Add(CompiledHost host, HostName name, List<(HostName, CompiledHost)> patterns)
    {
        switch (name.Kind)
        {
            case HostNameKind.Exact:
                _exact.TryAdd(name.Key, name.Hash, host);
                break;
            case HostNameKind.OneLabelWildcard:
                _oneLabel!.TryAdd(name.Key, name.Hash, host);
                break;
            case HostNameKind.Wildcard:
                _wildcard!.TryAdd(name.Key, name.Hash, host);
                break;
            case HostNameKind.Pattern:
                patterns.Add((name, host));
                break;
        }
    }

    /// <summary>ingress-nginx writes such a host as <c>~^(?&lt;subdomain&gt;[\w-]+)\.example\.com$</c>.</summary>
    private CompiledHost? FindOneLabel(ReadOnlySpan<byte> host)
    {
        if (_oneLabel is null)
        {
            return null;
        }

        var dot = host.IndexOf((byte)'.');
        return dot > 0 && IsLabel(host[..dot]) ? _oneLabel.Find(host[(dot + 1)..]) : null;
    }

    private static bool IsLabel(ReadOnlySpan<byte> label)
    {
        foreach (var b in label)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_'))
            {
                return false;
            }
        }

        return true;
    }

    private CompiledHost? FindWildcard(ReadOnlySpan<byte> host)
    {
        if (_wildcard is null)
        {
            return null;
        }

        // A leading dot leaves no label for the star.
        var rest = host[0] == '.' ? host[1..] : host;
        for (var dot = rest.IndexOf((byte)'.'); dot >= 0; dot = rest.IndexOf((byte)'.'))
        {
            rest = rest[(dot + 1)..];
            if (_wildcard.Find(rest) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private CompiledHost? FindPattern(ReadOnlySpan<byte> host)
    {
        foreach (var (name, compiled) in _patterns)
        {
            if (name.Pattern!.IsMatch(host))
            {
                return compiled;
            }
        }

        return null;
    }
}
