using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>How an index comes into being: from nothing, or from the one before and what has changed.</summary>
internal sealed partial class HostIndex
{
    /// <summary>Some name was wanted by two hosts: which one has it depends on all of them, so a change needs a full build.</summary>
    private bool _contested;

    private HostIndex(HostTable model, IReadOnlyCollection<CompiledHost> hosts, RoutingProblem[] problems)
    {
        Model = model;
        Problems = problems;
        var counts = hosts.SelectMany(host => host.Names).CountBy(name => name.Kind).ToDictionary();
        _exact = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.Exact));
        _oneLabel = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.OneLabelWildcard));
        _wildcard = new ByteKeyTable<CompiledHost>(counts.GetValueOrDefault(HostNameKind.Wildcard));
        // A host's own name is stronger than the same name as an alias of another host; of two aliases the order of names decides.
        Add(hosts.Select(host => (host.Names[0], host)));
        Add(hosts.Where(host => host.Names.Length > 1).OrderBy(host => host.Model.Name, StringComparer.Ordinal)
            .SelectMany(host => host.Names.Skip(1), (host, name) => (name, host)));
    }

    private HostIndex(HostTable model, HostIndex basis, List<CompiledHost> removed, IEnumerable<CompiledHost> added, RoutingProblem[] problems)
    {
        Model = model;
        Problems = problems;
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
        var kept = 0;
        var added = new Dictionary<VirtualHost, CompiledHost>(ReferenceEqualityComparer.Instance);
        var removed = new List<CompiledHost>();
        var problems = new List<RoutingProblem>();
        foreach (var (_, host) in model.Hosts)
        {
            var compiled = basis?.FindByName(host.Name);
            if (ReferenceEquals(compiled?.Model, host))
            {
                kept++;
            }
            else
            {
                removed.AddRange(compiled is null ? [] : [compiled]);
                compiled = FindCompiled(earlier, host) ?? compiler.Compile(host);
                added.Add(host, compiled);
            }

            problems.AddRange(compiled!.Problems);
        }

        if (basis is { _contested: false } && added.Count < kept)
        {
            basis.AddVanished(model, kept + removed.Count, removed);
            var changed = new HostIndex(model, basis, removed, added.Values, [.. problems]);
            if (!changed._contested && changed._exact.Count <= 2 * changed._exact.Capacity)
            {
                return changed;
            }
        }

        return new HostIndex(model, [.. model.Hosts.Values.Select(host => added.GetValueOrDefault(host) ?? basis!.FindByName(host.Name)!)], [.. problems]);
    }

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

    /// <summary>Adds the hosts whose names the new table does not hold at all.</summary>
    /// <param name="seen">How many of this index's hosts the new table was seen to hold, changed or not.</param>
    private void AddVanished(HostTable model, int seen, List<CompiledHost> removed)
    {
        if (seen < Model.Hosts.Count)
        {
            removed.AddRange(Model.Hosts.Keys.Where(name => !model.Hosts.ContainsKey(name)).Select(FindByName).OfType<CompiledHost>());
        }
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
