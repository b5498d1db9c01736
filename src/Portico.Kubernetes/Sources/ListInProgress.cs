using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// What a list that is being read holds so far. An object that is known in the same version is not kept a second time, so a list that
/// is read again takes the memory of what has changed. Owned by the source, under its lock.
/// </summary>
internal sealed class ListInProgress
{
    private readonly HashSet<(string Namespace, string Name)> _seen = [];

    /// <summary>The objects that are new or changed, in the order of the list.</summary>
    public List<KubernetesObject> News { get; } = [];

    public List<UnreadableObject> Unreadable { get; } = [];

    /// <summary>Whether this is the very version that is known.</summary>
    public static bool IsSame(KubernetesObject known, KubernetesObject now) =>
        known.Metadata.ResourceVersion == now.Metadata.ResourceVersion && known.Metadata.Uid == now.Metadata.Uid;

    public void Take(ObjectList page, Dictionary<(string Namespace, string Name), KubernetesObject> known)
    {
        foreach (var found in page.Objects)
        {
            var key = (found.Metadata.Namespace, found.Metadata.Name);
            var before = known.GetValueOrDefault(key);
            if (before is not null)
            {
                _seen.Add(key);
            }

            if (before is null || !IsSame(before, found))
            {
                News.Add(found);
            }
        }

        foreach (var unreadable in page.Unreadable)
        {
            _seen.Add((unreadable.Namespace, unreadable.Name));
            Unreadable.Add(unreadable);
        }
    }

    /// <summary>What is known and did not come; what came and could not be read is still there.</summary>
    public List<(string Namespace, string Name)> FindGone(Dictionary<(string Namespace, string Name), KubernetesObject> known) =>
        [.. known.Keys.Where(key => !_seen.Contains(key))];
}
