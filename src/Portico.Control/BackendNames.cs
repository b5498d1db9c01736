using System.Collections.Immutable;
using Portico.Model;
using Portico.Net.Dns;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Serving;

namespace Portico.Control;

/// <summary>
/// Keeps the backends that are DNS names (Services of type ExternalName) resolved, beside the snapshots: what a name resolves to is
/// an endpoint change and touches no route. A name that cannot be resolved has no endpoints until it can.
/// </summary>
public sealed class BackendNames : IAsyncDisposable
{
    private readonly DataPlane _dataPlane;
    private readonly ErrorLogWriter _log;
    private readonly DnsResolver _resolver;
    private readonly DnsWatcher _watcher;
    private readonly Lock _gate = new();
    private readonly Dictionary<BackendId, Backend> _named = [];
    private ImmutableDictionary<BackendId, Backend>? _backends;
    private ILookup<string, Backend> _byName = Array.Empty<Backend>().ToLookup(_ => "");

    public BackendNames(DataPlane dataPlane, DnsResolver resolver, ErrorLogWriter log)
    {
        _dataPlane = dataPlane;
        _log = log;
        _resolver = resolver;
        _watcher = new DnsWatcher(resolver, OnChange);
    }

    /// <summary>Follows the names of a snapshot that was just put in force. Control thread.</summary>
    public void Follow(GatewayModel model)
    {
        _resolver.WithoutIPv6 = model.Settings.DisableIPv6Dns;
        if (ReferenceEquals(_backends, model.Backends))
        {
            return;
        }

        if (!FindNamed(model))
        {
            return;
        }

        var named = _named.Values.ToLookup(backend => backend.Dns!.HostName);
        lock (_gate)
        {
            _byName = named;
        }

        _watcher.Watch(named.Select(group => group.Key));
        // A backend that is new for a name that is known already hears no change.
        foreach (var group in named)
        {
            if (_watcher.Latest(group.Key) is { } answer)
            {
                Apply(group, answer);
            }
        }
    }

    /// <returns>Whether there is anything new about the backends with names.</returns>
    private bool FindNamed(GatewayModel model)
    {
        var changed = false;
        var first = _backends is null;
        var ids = model.BackendChange is { } change && change.IsAllSince(_backends) ? change.Keys : model.Backends.Keys.Concat(_named.Keys.ToList());
        foreach (var id in ids)
        {
            changed |= _named.Remove(id);
            if (model.Backends.TryGetValue(id, out var backend) && backend.Dns is not null)
            {
                _named[id] = backend;
                changed = true;
            }
        }

        _backends = model.Backends;
        return changed || first;
    }

    public ValueTask DisposeAsync() => _watcher.DisposeAsync();

    /// <summary>Called by the watcher, on its thread.</summary>
    private void OnChange(string name, DnsAnswer answer)
    {
        IEnumerable<Backend> backends;
        lock (_gate)
        {
            backends = _byName[name];
        }

        if (answer.Status != DnsStatus.Success)
        {
            _log.Write(ErrorLogLevel.Warn, $"external name '{name}' has no address ({answer.Error ?? answer.Status.ToString()}): its Services have no endpoints until it has one");
        }

        Apply(backends, answer);
        _dataPlane.PrunePools();
    }

    private void Apply(IEnumerable<Backend> backends, DnsAnswer answer)
    {
        var usable = answer.Status == DnsStatus.Success;
        foreach (var backend in backends)
        {
            var target = backend.Dns!;
            var endpoints = usable ? answer.Addresses.Select(address => new Endpoint(address.ToString(), target.Port)) : [];
            _dataPlane.Backends.UpdateResolved(backend.Id, target, [.. endpoints]);
        }
    }
}
