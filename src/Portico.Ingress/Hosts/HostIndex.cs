using System.Collections.Immutable;
using Portico.Ingress.Tls;
using Portico.Kubernetes;
using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>
/// All hosts, and which of them have to be built again. Hosts that nothing touched stay the same objects.
/// Owned by the translator.
/// </summary>
internal sealed class HostIndex
{
    private readonly HostBuilder _builder;
    private readonly HostCertificates _certificates;
    private readonly Dictionary<string, HostState> _states = new(StringComparer.Ordinal);

    /// <summary>Which hosts claim an alias; of several the first by name has it.</summary>
    private readonly Dictionary<HostAlias, SortedSet<string>> _claims = [];
    private readonly HashSet<string> _dirtyRoutes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirtyCertificates = new(StringComparer.Ordinal);

    public HostIndex(HostBuilder builder, HostCertificates certificates)
    {
        _builder = builder;
        _certificates = certificates;
        StateOf(VirtualHost.AnyHost);
        _dirtyRoutes.Add(VirtualHost.AnyHost);
    }

    public HostTable Hosts { get; private set; } = HostTable.Empty;

    /// <summary>The hosts whose TLS connections are handed on unread.</summary>
    public ImmutableDictionary<string, BackendId> Passthrough { get; private set; } = ImmutableDictionary<string, BackendId>.Empty;

    /// <summary>The hosts whose routes the last <see cref="Rebuild"/> made anew, or took away.</summary>
    public HashSet<string> LastBuilt { get; private set; } = [];

    public ImmutableDictionary<string, Certificate?> CertificatesByName { get; private set; } = ImmutableDictionary<string, Certificate?>.Empty;

    /// <summary>How the last <see cref="Rebuild"/> that looked at certificates changed <see cref="CertificatesByName"/>.</summary>
    public TableChange<string, Certificate?>? CertificateChange { get; private set; }

    public void Add(string host, IngressEntry ingress)
    {
        StateOf(host).Add(ingress);
        _dirtyRoutes.Add(host);
    }

    public void Remove(string host, IngressEntry ingress)
    {
        StateOf(host).Remove(ingress);
        _dirtyRoutes.Add(host);
    }

    public void CertificatesChanged(string host) => _dirtyCertificates.Add(host);

    public void DefaultBackendChanged() => _dirtyRoutes.UnionWith(_states.Values.Where(s => s.UsesDefaultBackend).Select(s => s.Name));

    /// <summary>Whether an alias counts as a TLS host depends on the names in the default certificate.</summary>
    public void DefaultCertificateChanged() => _dirtyCertificates.UnionWith(_states.Values.Where(s => s.Aliases.Length > 0 || s.RedirectedName is not null).Select(s => s.Name));

    public void AllChanged() => _dirtyRoutes.UnionWith(_states.Keys);

    public IEnumerable<HostFinding> FindingsOf(string host) => _states.TryGetValue(host, out var state) ? state.Findings : [];

    /// <summary>Builds what is dirty; gives back the Ingresses whose findings may have changed.</summary>
    public HashSet<IngressEntry> Rebuild(HostContext context, IResourceView view)
    {
        var touched = new HashSet<IngressEntry>();
        LastBuilt = [];
        if (_dirtyRoutes.Count == 0 && _dirtyCertificates.Count == 0)
        {
            return touched;
        }

        SettleAliases();
        RebuildRoutes(context);
        RebuildCertificates(view);
        foreach (var host in _dirtyCertificates)
        {
            if (_states.TryGetValue(host, out var state))
            {
                touched.UnionWith(state.Ingresses);
                if (!state.Exists)
                {
                    _states.Remove(host);
                }
            }
        }

        LastBuilt = [.. _dirtyRoutes];
        _dirtyRoutes.Clear();
        _dirtyCertificates.Clear();
        return touched;
    }

    /// <summary>The paths of a host, merged from its Ingresses; none for a host that nobody names.</summary>
    public IReadOnlyList<Location> LocationsOf(string host) =>
        _states.TryGetValue(host, out var state) && state.Exists ? LocationTable.For(host, state.Ingresses, new IngressSettings(), []).Locations : [];

    private HostState StateOf(string host)
    {
        if (!_states.TryGetValue(host, out var state))
        {
            _states[host] = state = new HostState(host);
            MarkClaimants(new HostAlias(host, HostAliasKind.Exact));
            MarkClaimants(new HostAlias(host, HostAliasKind.Wildcard));
        }

        return state;
    }

    /// <summary>Enters what dirty hosts claim now. Hosts that gain or lose an alias by that become dirty as well.</summary>
    private void SettleAliases()
    {
        foreach (var host in _dirtyRoutes.ToList())
        {
            var state = _states[host];
            var findings = new List<HostFinding>();
            var first = state.Ingresses.FirstOrDefault(i => i.Settings.Aliases.Length > 0);
            ImmutableArray<HostAlias> claimed = first is null ? [] : AliasNames.Read(first, findings);
            state.ClaimedRedirect = WwwRedirect.NameFor(host, state.Ingresses);
            if (state.ClaimedRedirect is { } redirected && !claimed.Contains(new HostAlias(redirected, HostAliasKind.Exact)))
            {
                claimed = claimed.Add(new HostAlias(redirected, HostAliasKind.Exact));
            }

            state.AliasFindings = findings;
            foreach (var alias in state.ClaimedAliases.Except(claimed).ToList())
            {
                MarkClaimants(alias);
                _claims[alias].Remove(host);
                if (_claims[alias].Count == 0)
                {
                    _claims.Remove(alias);
                }
            }

            foreach (var alias in claimed.Except(state.ClaimedAliases).ToList())
            {
                if (!_claims.TryGetValue(alias, out var claimants))
                {
                    _claims[alias] = claimants = new SortedSet<string>(StringComparer.Ordinal);
                }

                claimants.Add(host);
                MarkClaimants(alias);
            }

            state.ClaimedAliases = claimed;
            if (!state.Exists)
            {
                MarkClaimants(new HostAlias(host, HostAliasKind.Exact));
                MarkClaimants(new HostAlias(host, HostAliasKind.Wildcard));
            }
        }
    }

    private void MarkClaimants(HostAlias alias)
    {
        if (_claims.TryGetValue(alias, out var claimants))
        {
            _dirtyRoutes.UnionWith(claimants);
        }
    }

    private void RebuildRoutes(HostContext context)
    {
        if (_dirtyRoutes.Count == 0)
        {
            return;
        }

        // First what was there goes: a name may become a host of its own, or be redirected now.
        var hosts = Hosts.Hosts.ToBuilder();
        var changed = new HashSet<string>(_dirtyRoutes, StringComparer.Ordinal);
        foreach (var state in _dirtyRoutes.Select(h => _states[h]))
        {
            if (state.RedirectedName is { } redirected)
            {
                hosts.Remove(redirected);
                changed.Add(redirected);
                state.RedirectedName = null;
            }

            if (!state.Exists)
            {
                hosts.Remove(state.Name);
                Passthrough = Passthrough.Remove(state.Name);
            }
        }

        foreach (var state in _dirtyRoutes.Select(h => _states[h]).Where(s => s.Exists))
        {
            var host = state.Name;
            state.RouteFindings = [];
            state.Aliases = Granted(state);
            var built = _builder.Build(host, state.Ingresses, state.Aliases, context, state.RouteFindings);
            state.UsesDefaultBackend = built.Routes.Any(r => r.Action is RouteAction.Respond { Reason: "no_route" } || IsDefault(r.Action, context.DefaultBackend));
            hosts[host] = built;
            Passthrough = built.Passthrough is { } backend ? Passthrough.SetItem(host, backend) : Passthrough.Remove(host);
            if (state.RedirectedName is { } redirected)
            {
                changed.Add(redirected);
                hosts[redirected] = WwwRedirect.Host(redirected, host, state.Ingresses);
            }
        }

        _dirtyCertificates.UnionWith(_dirtyRoutes);
        Hosts = new HostTable(hosts.ToImmutable()) { Change = new TableChange<string, VirtualHost>(Hosts.Hosts, [.. changed]) };
    }

    private static bool IsDefault(RouteAction action, BackendId? defaultBackend) =>
        defaultBackend is { } id && action is RouteAction.Forward forward && forward.Backends.Any(b => b.Backend == id);

    /// <summary>An alias never takes a name that is a host; of several claimants the first by name has it.</summary>
    private ImmutableArray<HostAlias> Granted(HostState state)
    {
        var granted = ImmutableArray.CreateBuilder<HostAlias>();
        foreach (var alias in state.ClaimedAliases)
        {
            var taken = alias.Kind != HostAliasKind.Regex && _states.TryGetValue(alias.Name, out var other) && other.Exists ? alias.Name
                : _claims[alias].Min != state.Name ? _claims[alias].Min
                : null;
            if (taken is null && alias.Name == state.ClaimedRedirect)
            {
                state.RedirectedName = alias.Name;
            }
            else if (taken is null)
            {
                granted.Add(alias);
            }
            else if (taken != state.Name && state.Ingresses.FirstOrDefault(i => i.Settings.Aliases.Length > 0) is { } ingress)
            {
                state.RouteFindings.Add(new HostFinding(ingress, new Finding(
                    ingress.Reference, "server-alias", FindingSeverity.Warning, "AliasTaken", $"the alias {alias.Name} belongs to the host {taken}")));
            }
        }

        return granted.ToImmutable();
    }

    /// <summary>The names besides its own that may show the host's certificate.</summary>
    private static ImmutableArray<HostAlias> NamesOf(HostState state) =>
        state.RedirectedName is { } redirected ? state.Aliases.Add(new HostAlias(redirected, HostAliasKind.Exact)) : state.Aliases;

    private void RebuildCertificates(IResourceView view)
    {
        var table = CertificatesByName.ToBuilder();
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var states = _dirtyCertificates.Select(h => _states.GetValueOrDefault(h)).OfType<HostState>().ToList();

        // First old entries go, then new ones come: a name may move from one host to another.
        foreach (var state in states)
        {
            var previous = state.Certificates;
            state.CertificateFindings = [];
            state.Certificates = state.Exists
                ? _certificates.EntriesFor(state.Name, state.Ingresses, NamesOf(state), view, state.CertificateFindings)
                : [];
            foreach (var name in previous.Select(e => e.Key).Except(state.Certificates.Select(e => e.Key)))
            {
                table.Remove(name);
                changed.Add(name);
            }
        }

        foreach (var (name, certificate) in states.SelectMany(s => s.Certificates))
        {
            if (!table.TryGetValue(name, out var known) || !ReferenceEquals(known, certificate))
            {
                table[name] = certificate;
                changed.Add(name);
            }
        }

        CertificateChange = new TableChange<string, Certificate?>(CertificatesByName, [.. changed]);
        CertificatesByName = table.ToImmutable();
    }
}
