using Portico.Ingress.Backends;
using Portico.Ingress.Hosts;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress;

/// <summary>The Ingresses of ours and where each is entered, so that a change finds what it touches. Owned by the translator.</summary>
internal sealed class IngressIndex(HostIndex hosts, BackendTable backends, CanaryTable canaries)
{
    private readonly Dictionary<ObjectKey, IngressEntry> _entries = [];
    private readonly Dictionary<NamespacedName, HashSet<IngressEntry>> _bySecret = [];
    private readonly Dictionary<NamespacedName, HashSet<IngressEntry>> _byConfigMap = [];

    public IEnumerable<IngressEntry> Entries => _entries.Values;

    public IngressEntry? Find(ObjectKey key) => _entries.GetValueOrDefault(key);

    public IngressEntry FindOrAdd(IngressResource ingress)
    {
        if (!_entries.TryGetValue(ingress.Key, out var entry))
        {
            _entries[ingress.Key] = entry = new IngressEntry(ingress);
        }

        return entry;
    }

    public IEnumerable<IngressEntry> UsersOfSecret(NamespacedName secret) => _bySecret.GetValueOrDefault(secret) ?? [];

    public IEnumerable<IngressEntry> UsersOfConfigMap(NamespacedName map) => _byConfigMap.GetValueOrDefault(map) ?? [];

    /// <summary>Puts a version in force. Everything it was entered with before is taken out first: the sort key may change.</summary>
    public void PutInForce(IngressEntry entry, IngressResource version, IngressSettings settings)
    {
        var footprint = IngressFootprint.Of(version, settings);
        TakeOut(entry);
        entry.InForce = version;
        entry.Settings = settings;
        entry.Created = version.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue;
        entry.Footprint = footprint;
        Enter(entry);
    }

    public void Remove(IngressEntry entry)
    {
        TakeOut(entry);
        entry.InForce = null;
        entry.Footprint = IngressFootprint.Empty;
        _entries.Remove(entry.Key);
    }

    private void Enter(IngressEntry entry)
    {
        foreach (var host in entry.Footprint.Hosts)
        {
            hosts.Add(host, entry);
        }

        foreach (var backend in entry.Footprint.Backends)
        {
            backends.AddUser(backend, entry);
        }

        if (entry.Settings.IsCanary)
        {
            canaries.Add(entry);
        }

        foreach (var secret in entry.Footprint.Secrets)
        {
            Link(_bySecret, secret, entry);
        }

        foreach (var map in entry.Footprint.ConfigMaps)
        {
            Link(_byConfigMap, map, entry);
        }
    }

    private void TakeOut(IngressEntry entry)
    {
        foreach (var host in entry.Footprint.Hosts)
        {
            hosts.Remove(host, entry);
        }

        foreach (var backend in entry.Footprint.Backends)
        {
            backends.RemoveUser(backend, entry);
        }

        canaries.Remove(entry);

        foreach (var secret in entry.Footprint.Secrets)
        {
            Unlink(_bySecret, secret, entry);
        }

        foreach (var map in entry.Footprint.ConfigMaps)
        {
            Unlink(_byConfigMap, map, entry);
        }
    }

    private static void Link(Dictionary<NamespacedName, HashSet<IngressEntry>> index, NamespacedName name, IngressEntry entry)
    {
        if (!index.TryGetValue(name, out var entries))
        {
            index[name] = entries = [];
        }

        entries.Add(entry);
    }

    private static void Unlink(Dictionary<NamespacedName, HashSet<IngressEntry>> index, NamespacedName name, IngressEntry entry)
    {
        if (index.TryGetValue(name, out var entries) && entries.Remove(entry) && entries.Count == 0)
        {
            index.Remove(name);
        }
    }
}
