using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes;

/// <summary>
/// The objects of all sources by kind and name, and the EndpointSlices by their Service.
/// Owned by the control loop: written and read on its thread only.
/// </summary>
public sealed class ResourceCache : IResourceView
{
    private readonly Dictionary<(string Namespace, string Name), KubernetesObject>[] _byKind =
        [.. Enum.GetValues<ResourceKind>().Select(_ => new Dictionary<(string, string), KubernetesObject>())];

    private readonly Dictionary<(string Namespace, string Service), EndpointSlice[]> _slices = [];

    public int Count => _byKind.Sum(kind => kind.Count);

    public void Apply(IReadOnlyList<ResourceChange> changes)
    {
        foreach (var change in changes)
        {
            Apply(change);
        }
    }

    /// <summary>
    /// What the cache held decides which slice entries go, not <see cref="ResourceChange.Old"/>:
    /// a change that comes twice, or after a missed one, must not leave a slice behind.
    /// </summary>
    public void Apply(ResourceChange change)
    {
        var key = change.Key;
        var objects = _byKind[(int)key.Kind];
        if (objects.GetValueOrDefault((key.Namespace, key.Name)) is EndpointSlice former)
        {
            RemoveSlice(former);
        }

        if (change.New is null)
        {
            objects.Remove((key.Namespace, key.Name));
            return;
        }

        objects[(key.Namespace, key.Name)] = change.New;
        if (change.New is EndpointSlice slice)
        {
            AddSlice(slice);
        }
    }

    public T? Find<T>(string ns, string name) where T : KubernetesObject =>
        _byKind[(int)KindOf<T>()].GetValueOrDefault((ns, name)) as T;

    public IEnumerable<T> All<T>() where T : KubernetesObject => _byKind[(int)KindOf<T>()].Values.Cast<T>();

    public IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service) =>
        _slices.GetValueOrDefault((ns, service)) ?? [];

    private static ResourceKind KindOf<T>() where T : KubernetesObject =>
        typeof(T) == typeof(Ingress) ? ResourceKind.Ingress
        : typeof(T) == typeof(IngressClass) ? ResourceKind.IngressClass
        : typeof(T) == typeof(Service) ? ResourceKind.Service
        : typeof(T) == typeof(EndpointSlice) ? ResourceKind.EndpointSlice
        : typeof(T) == typeof(Endpoints) ? ResourceKind.Endpoints
        : typeof(T) == typeof(Secret) ? ResourceKind.Secret
        : typeof(T) == typeof(ConfigMap) ? ResourceKind.ConfigMap
        : typeof(T) == typeof(Namespace) ? ResourceKind.Namespace
        : typeof(T) == typeof(Node) ? ResourceKind.Node
        : typeof(T) == typeof(IPAddressPool) ? ResourceKind.IPAddressPool
        : typeof(T) == typeof(L2Advertisement) ? ResourceKind.L2Advertisement
        : typeof(T) == typeof(BGPAdvertisement) ? ResourceKind.BGPAdvertisement
        : typeof(T) == typeof(BGPPeer) ? ResourceKind.BGPPeer
        : typeof(T) == typeof(Community) ? ResourceKind.Community
        : typeof(T) == typeof(BFDProfile) ? ResourceKind.BFDProfile
        : typeof(T) == typeof(ServiceCIDR) ? ResourceKind.ServiceCIDR
        : throw new ArgumentException($"{typeof(T).Name} is not a watched kind");

    /// <summary>The arrays are replaced, never changed: a translator may hold one while it works.</summary>
    private void AddSlice(EndpointSlice slice)
    {
        if (ServiceOf(slice) is not { } service)
        {
            return;
        }

        var slices = _slices.GetValueOrDefault(service) ?? [];
        var place = 0;
        while (place < slices.Length && string.CompareOrdinal(slices[place].Metadata.Name, slice.Metadata.Name) < 0)
        {
            place++;
        }

        _slices[service] = [.. slices[..place], slice, .. slices[place..]];
    }

    private void RemoveSlice(EndpointSlice slice)
    {
        if (ServiceOf(slice) is not { } service || !_slices.TryGetValue(service, out var slices))
        {
            return;
        }

        var left = Array.FindAll(slices, other => other.Metadata.Name != slice.Metadata.Name);
        if (left.Length == 0)
        {
            _slices.Remove(service);
        }
        else
        {
            _slices[service] = left;
        }
    }

    private static (string Namespace, string Service)? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.TryGetValue(EndpointSlice.ServiceNameLabel, out var service) && service.Length > 0
            ? (slice.Metadata.Namespace, service)
            : null;
}
