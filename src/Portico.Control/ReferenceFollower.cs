using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.Control;

/// <summary>
/// Tells a cluster which Secrets and ConfigMaps are wanted, and keeps an Ingress, or the global ConfigMap, back until those that it names
/// are there: a route that changes its Secret goes from the old one to the new one, with nothing in between. Owned by the control loop.
/// </summary>
internal sealed class ReferenceFollower(IResourceSource source, IngressTranslator translator, IReadOnlyCollection<ObjectKey> always)
{
    /// <summary>The configuration is a user, too; no object has this key.</summary>
    private static readonly ObjectKey Configuration = new(ResourceKind.ConfigMap, "", "");

    private readonly Dictionary<ObjectKey, ObjectKey[]> _byUser = [];
    private readonly Dictionary<ObjectKey, int> _users = [];
    private readonly HashSet<ObjectKey> _held = [];
    private readonly HashSet<ObjectKey> _wanted = [];
    private readonly HashSet<ObjectKey> _dropped = [];
    private readonly Dictionary<ObjectKey, ResourceChange> _waiting = [];

    public bool AllHeld => _held.Count == _users.Count;

    /// <summary>Before the first snapshot: what everything that is there names.</summary>
    public void UseEverything(ResourceCache cache)
    {
        UseConfiguration(cache);
        foreach (var ingress in cache.All<IngressObject>())
        {
            Use(ingress.Key, translator.ReferencesOf(ingress, cache));
        }

        Flush();
    }

    public void UseConfiguration(ResourceCache cache)
    {
        var waiting = _waiting.Values.Where(c => translator.IsConfiguration(c.Key)).SelectMany(c => NamedBy(c.New, cache));
        Use(Configuration, [.. always, .. translator.ReferencesOfConfiguration(cache), .. waiting]);
    }

    public void TakeHeld(IReadOnlyList<ObjectKey> held) => _held.UnionWith(held.Where(_users.ContainsKey));

    /// <summary>True when the change has to wait for what it names; a later one of the same object takes its place.</summary>
    public bool KeepsBack(in ResourceChange change, ResourceCache cache)
    {
        _waiting.Remove(change.Key);
        var isConfiguration = translator.IsConfiguration(change.Key);
        if (change.New is null || (change.Key.Kind != ResourceKind.Ingress && !isConfiguration))
        {
            return false;
        }

        ObjectKey[] named = [.. NamedBy(change.New, cache)];
        if (isConfiguration)
        {
            Use(Configuration, [.. always, .. translator.ReferencesOfConfiguration(cache), .. named]);
        }
        else
        {
            Use(change.Key, named.Concat(translator.ReferencesInForce(change.Key)));
        }

        // The configuration itself comes with this change.
        var own = change.Key;
        if (Array.TrueForAll(named, key => _held.Contains(key) || key == own))
        {
            return false;
        }

        _waiting[change.Key] = change;
        return true;
    }

    /// <summary>The changes that need not wait any more.</summary>
    public List<ResourceChange> TakeReleased(ResourceCache cache)
    {
        var released = _waiting.Values.Where(c => NamedBy(c.New, cache).All(key => _held.Contains(key) || key == c.Key)).ToList();
        released.ForEach(change => _waiting.Remove(change.Key));
        return released;
    }

    /// <summary>After a round: what changed Ingresses do not name any more is let go.</summary>
    public void Settle(IReadOnlyList<ResourceChange> changes, ResourceCache cache)
    {
        foreach (var change in changes)
        {
            if (change.Key.Kind == ResourceKind.Ingress && !_waiting.ContainsKey(change.Key))
            {
                var now = cache.Find<IngressObject>(change.Key.Namespace, change.Key.Name);
                Use(change.Key, now is null ? [] : translator.ReferencesOf(now, cache).Concat(translator.ReferencesInForce(change.Key)));
            }
            else if (change.Key.Kind == ResourceKind.Namespace)
            {
                UseNamespace(change.Key.Name, cache);
            }
            else if (change.Key.Kind == ResourceKind.ConfigMap)
            {
                UseConfiguration(cache);
            }
        }

        Flush();
    }

    /// <summary>Tells the source what is new.</summary>
    public void Flush()
    {
        if (_wanted.Count > 0 || _dropped.Count > 0)
        {
            source.Follow([.. _wanted], [.. _dropped]);
            _wanted.Clear();
            _dropped.Clear();
        }
    }

    private IEnumerable<ObjectKey> NamedBy(KubernetesObject? version, ResourceCache cache) => version switch
    {
        IngressObject ingress => translator.ReferencesOf(ingress, cache),
        ConfigMap map => translator.ReferencesOfConfiguration(map),
        _ => [],
    };

    /// <summary>A selector may have let the whole namespace in or out.</summary>
    private void UseNamespace(string ns, ResourceCache cache)
    {
        foreach (var ingress in cache.All<IngressObject>().Where(i => i.Metadata.Namespace == ns))
        {
            Use(ingress.Key, translator.ReferencesOf(ingress, cache).Concat(translator.ReferencesInForce(ingress.Key)));
        }
    }

    private void Use(ObjectKey user, IEnumerable<ObjectKey> references)
    {
        ObjectKey[] now = [.. references.Distinct()];
        var before = _byUser.GetValueOrDefault(user) ?? [];
        foreach (var key in now.Except(before))
        {
            if (_users.TryAdd(key, 1))
            {
                // Between two calls of the source a name may go and come back.
                _ = _dropped.Remove(key) || _wanted.Add(key);
            }
            else
            {
                _users[key]++;
            }
        }

        foreach (var key in before.Except(now))
        {
            if (--_users[key] == 0)
            {
                _users.Remove(key);
                _held.Remove(key);
                _ = _wanted.Remove(key) || _dropped.Add(key);
            }
        }

        if (now.Length == 0)
        {
            _byUser.Remove(user);
        }
        else
        {
            _byUser[user] = now;
        }
    }
}
