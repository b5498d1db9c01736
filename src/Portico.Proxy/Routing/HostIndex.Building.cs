using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>How an index comes into being: from nothing, or from the one before and what has changed.</summary>
internal sealed partial class HostIndex
{
    /// <summary>Some name was wanted by two hosts: which one has it depends on all of them, so a change needs a full build.</summary>
    private bool _contested;

    /// <summary>The hosts of which something could not be honoured.</summary>
    private readonly CompiledHost[] _flawed;

    private HostIndex(HostTable model, IReadOnlyCollection<CompiledHost> hosts)
    {
        Model = model;
        _flawed = [.. hosts.Where(host => host.Problems.Length > 0)];
        var counts = hosts.SelectMany(host => host.Names).CountBy(name => name.Kind).ToDictionary();
        _exact = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.Exact));
        _oneLabel = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.OneLabelWildcard));
        _wildcard = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.Wildcard));
        // A host's own name is stronger than the same name as an alias of another host; of two aliases the order of names decides.
        Add(hosts.Select(host => (host.Names[0], host)));
        Add(hosts.Where(host => host.Names.Length > 1).OrderBy(host => host.Model.Name, StringComparer.Ordinal)
            .SelectMany(host => host.Names.Skip(1), (host, name) => (name, host)));
    }

    private HostIndex(HostTable model, HostIndex basis, List<CompiledHost> removed, Dictionary<VirtualHost, CompiledHost>.ValueCollection added)
    {
        Model = model;
        _flawed = [.. basis._flawed.Except(removed), .. added.Where(host => host.Problems.Length > 0)];
        _exact = basis._exact.Copy();
        _oneLabel = basis._oneLabel.Copy();
        _wildcard = basis._wildcard.Copy();
        _patterns = [.. basis._patterns.Where(pattern => !removed.Contains(pattern.Host))];
        _any = basis._any is { } any && removed.Contains(any) ? null : basis._any;
        foreach (var host in removed)
        {
            foreach (var name in host.Names)
            {
                TableOf(name.Kind)?.Remove(name.Key, name.Hash, host);
            }
        }

        Add(added.SelectMany(host => host.Names, (host, name) => (name, host)));
    }

    /// <summary>
    /// Compiles the hosts of a table. Those that are in one of the earlier indexes by reference are taken from there, and the first
    /// of these is taken over but for what has changed.
    /// </summary>
    public static HostIndex Build(HostTable model, IReadOnlyList<HostIndex> earlier, HostCompiler compiler)
    {
        var basis = earlier.Count > 0 ? earlier[0] : null;
        var added = new Dictionary<VirtualHost, CompiledHost>(ReferenceEqualityComparer.Instance);
        var removed = new List<CompiledHost>();
        foreach (var name in NamesToCompare(model, basis))
        {
            var compiled = basis?.FindByName(name);
            var host = model.Hosts.GetValueOrDefault(name);
            if (!ReferenceEquals(compiled?.Model, host))
            {
                removed.AddRange(compiled is null ? [] : [compiled]);
                if (host is not null)
                {
                    added.Add(host, FindCompiled(earlier, host) ?? compiler.Compile(host));
                }
            }
        }

        if (basis is { _contested: false } && added.Count <= model.Hosts.Count / 2)
        {
            var changed = new HostIndex(model, basis, removed, added.Values);
            if (!changed._contested && changed._exact.Count <= 2 * changed._exact.Capacity)
            {
                return changed;
            }
        }

        return new HostIndex(model, [.. model.Hosts.Values.Select(host => added.GetValueOrDefault(host) ?? basis!.FindByName(host.Name)!)]);
    }

    /// <summary>Every host that may differ, each once; where names are contested that is every host, because some cannot be found by name.</summary>
    private static IEnumerable<string> NamesToCompare(HostTable model, HostIndex? basis) =>
        basis is null ? model.Hosts.Keys
        : !basis._contested && model.Change is { } change && change.IsAllSince(basis.Model.Hosts) ? change.Keys
        : model.Hosts.Keys.Concat(basis.Model.Hosts.Keys.Where(name => !model.Hosts.ContainsKey(name)));

    private static CompiledHost? FindCompiled(IReadOnlyList<HostIndex> indexes, VirtualHost host)
    {
        foreach (var index in indexes.Skip(1))
        {
            if (index.FindByName(host.Name) is { } found && ReferenceEquals(found.Model, host))
            {
                return found;
            }
        }

        return null;
    }

    private void Add(IEnumerable<(HostName Name, CompiledHost Host)> names)
    {
        var patterns = new List<(HostName Name, CompiledHost Host)>();
        foreach (var (name, host) in names)
        {
            if (name.Kind == HostNameKind.Pattern)
            {
                patterns.Add((name, host));
            }
            else if (name.Kind == HostNameKind.Any)
            {
                _any ??= host;
            }
            else
            {
                _contested |= !TableOf(name.Kind)!.TryAdd(name.Key, name.Hash, host);
            }
        }

        if (patterns.Count > 0)
        {
            // In the order of nginx's configuration, where servers stand by name; the sort is stable.
            _patterns = [.. _patterns.Concat(patterns).OrderBy(pattern => pattern.Host.Model.Name, StringComparer.Ordinal)];
        }
    }

    private ByteKeyTable<CompiledHost>? TableOf(HostNameKind kind) => kind switch
    {
        HostNameKind.Exact => _exact,
        HostNameKind.OneLabelWildcard => _oneLabel,
        HostNameKind.Wildcard => _wildcard,
        _ => null,
    };
}
