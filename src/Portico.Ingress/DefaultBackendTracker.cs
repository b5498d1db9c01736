using Portico.Ingress.Backends;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>Follows the Service of <c>--default-backend-service</c>: its first port. Without endpoints the built-in 404 answers, not 503.</summary>
internal sealed class DefaultBackendTracker(NamespacedName? service, BackendTable backends)
{
    private BackendId? _pinned;

    /// <summary>The backend to send requests to; null for the built-in page.</summary>
    public BackendId? Current { get; private set; }

    public NamespacedName? Service => service;

    public string? Problem { get; private set; }

    /// <summary>Before backends are built: the first port may have changed, and with it the backend's key.</summary>
    public void Pin(IResourceView view, LoadBalancing loadBalancing)
    {
        if (service is not { } name)
        {
            return;
        }

        var found = view.Find<Service>(name.Namespace, name.Name);
        Problem = found is null ? $"there is no Service {name}; the built-in page answers" : null;
        var port = found?.Spec.Ports is [var first, ..] ? first.Port : 80;
        BackendId? id = found is null
            ? null
            : new BackendId(name.Namespace, name.Name, port.ToString(System.Globalization.CultureInfo.InvariantCulture), BackendVariants.Default);
        if (_pinned is { } old && old != id)
        {
            backends.Unpin(old);
        }

        if (id is { } wanted)
        {
            backends.Pin(wanted, "upstream-default-backend", loadBalancing);
        }

        _pinned = id;
    }

    /// <summary>After backends are built. True when requests have to go elsewhere now.</summary>
    public bool Update()
    {
        var next = _pinned is { } id && backends.Find(id) is { } backend && (backend.Endpoints.Length > 0 || backend.Dns is not null) ? _pinned : null;
        var changed = next != Current;
        Current = next;
        return changed;
    }
}
