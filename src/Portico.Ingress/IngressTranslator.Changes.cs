using Portico.Ingress.Backends;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress;

/// <summary>Sorting of changes by what they touch.</summary>
public sealed partial class IngressTranslator
{
    private Work Sort(IReadOnlyList<ResourceChange> changes, IResourceView view)
    {
        var work = new Work { First = _configuration is null, Configuration = _configuration is null };
        foreach (var change in changes)
        {
            var key = change.Key;
            var name = new NamespacedName(key.Namespace, key.Name);
            switch (key.Kind)
            {
                case ResourceKind.Ingress:
                    work.Ingresses.Add(key);
                    break;
                case ResourceKind.Service or ResourceKind.Endpoints:
                    work.Services.Add(name);
                    break;
                case ResourceKind.EndpointSlice:
                    AddSliceOwner(work, change.Old);
                    AddSliceOwner(work, change.New);
                    break;
                case ResourceKind.Secret:
                    work.Secrets.Add(name);
                    work.Configuration |= _configurationReader.Secrets.Contains(name);
                    work.Reevaluate.UnionWith(_ingresses.UsersOfSecret(name).Where(i => i.Settings.Secrets.Contains(name)));
                    break;
                case ResourceKind.ConfigMap:
                    work.Configuration |= _configurationReader.Sources.Contains(name);
                    work.Streams |= _streams.Concerns(name);
                    work.Reevaluate.UnionWith(_ingresses.UsersOfConfigMap(name));
                    break;
                case ResourceKind.Namespace when _options.WatchNamespaceSelector is not null && LabelsDiffer(change):
                    work.Ingresses.UnionWith(view.All<IngressResource>().Where(i => i.Metadata.Namespace == key.Name).Select(i => i.Key));
                    break;
                case ResourceKind.Node when key.Name == _options.NodeOfZone && ZoneChoice.ZoneOf(change.Old as Node) != ZoneChoice.ZoneOf(change.New as Node):
                    work.Zone = true;
                    break;
                default:
                    // A class is looked up when its Ingress changes, see IngressSelector.
                    break;
            }
        }

        return work;
    }

    private static bool LabelsDiffer(ResourceChange change) =>
        change.Old is not { } old || change.New is not { } now
        || old.Metadata.Labels.Count != now.Metadata.Labels.Count || old.Metadata.Labels.Except(now.Metadata.Labels).Any();

    private static void AddSliceOwner(Work work, KubernetesObject? slice)
    {
        if (slice is not null && slice.Metadata.Labels.TryGetValue(EndpointSlice.ServiceNameLabel, out var service))
        {
            work.Services.Add(new NamespacedName(slice.Metadata.Namespace, service));
        }
    }

    /// <summary>What one Apply has to do.</summary>
    private sealed class Work
    {
        public bool First { get; init; }

        public bool Configuration { get; set; }

        /// <summary>The TCP or UDP services changed.</summary>
        public bool Streams { get; set; }

        /// <summary>The gateway's node is in another zone, or it is known now.</summary>
        public bool Zone { get; set; }

        public HashSet<ObjectKey> Ingresses { get; } = [];

        public HashSet<NamespacedName> Services { get; } = [];

        public HashSet<NamespacedName> Secrets { get; } = [];

        /// <summary>Ingresses that did not change but name something that did.</summary>
        public HashSet<IngressEntry> Reevaluate { get; } = [];

        /// <summary>Ingresses whose findings may have changed.</summary>
        public HashSet<IngressEntry> Touched { get; } = [];
    }
}
