using System.Diagnostics;
using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class ScaleTests
{
    private const int Count = 10_000;

    /// <summary>The bounds are an order of magnitude above what a quiet machine needs: they catch work that grows with the cluster.</summary>
    [Fact]
    public void Ten_thousand_Ingresses_load_quickly_and_one_more_costs_next_to_nothing()
    {
        var view = new IndexedView();
        var translator = new IngressTranslator(new IngressOptions());
        var changes = new List<ResourceChange>();
        for (var i = 0; i < Count; i++)
        {
            Add(Service($"s{i}"));
            Add(Slice($"s{i}", $"10.0.{i / 250}.{i % 250}"));
            Add(IngressOf($"i{i}", [Rule($"h{i}.test", Path("/", service: $"s{i}"), Path("/api", service: $"s{i}"))], ("proxy-read-timeout", "30")));
        }

        var watch = Stopwatch.StartNew();
        var model = translator.Apply(changes, view).Model;
        var load = watch.Elapsed;
        Assert.Equal(Count + 1, model.Listeners[0].Hosts.Hosts.Count);
        Assert.True(load < TimeSpan.FromSeconds(10), $"loading took {load}");

        watch.Restart();
        const int More = 200;
        for (var i = 0; i < More; i++)
        {
            changes.Clear();
            Add(IngressOf($"more{i}", [Rule($"more{i}.test")]));
            Add(Slice("s5", $"10.9.0.{i}"));
            translator.Apply(changes, view);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromMilliseconds(10 * More), $"one change took {watch.Elapsed / More}");
        TestContext.Current.TestOutputHelper?.WriteLine($"load {load.TotalMilliseconds:0} ms, change {watch.Elapsed.TotalMicroseconds / More:0} µs");

        void Add(KubernetesObject added)
        {
            changes.Add(new ResourceChange(view.Find(added.Key), added));
            view.Put(added);
        }
    }

    private sealed class IndexedView : IResourceView
    {
        private readonly Dictionary<ObjectKey, KubernetesObject> _objects = [];
        private readonly Dictionary<string, EndpointSlice> _slices = [];
        private readonly Dictionary<Type, ResourceKind> _kinds = new()
        {
            [typeof(Service)] = ResourceKind.Service,
            [typeof(Portico.Kubernetes.Resources.Ingress)] = ResourceKind.Ingress,
            [typeof(ConfigMap)] = ResourceKind.ConfigMap,
            [typeof(Endpoints)] = ResourceKind.Endpoints,
            [typeof(IngressClass)] = ResourceKind.IngressClass,
        };

        public IndexedView() => Put(new IngressClass { Metadata = new ObjectMeta { Name = "nginx" }, Spec = new IngressClassSpec { Controller = "k8s.io/ingress-nginx" } });

        public KubernetesObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

        public void Put(KubernetesObject added)
        {
            _objects[added.Key] = added;
            if (added is EndpointSlice slice)
            {
                _slices[slice.Metadata.Labels[EndpointSlice.ServiceNameLabel]] = slice;
            }
        }

        public T? Find<T>(string ns, string name) where T : KubernetesObject => (T?)_objects.GetValueOrDefault(new ObjectKey(_kinds[typeof(T)], ns, name));

        public IEnumerable<T> All<T>() where T : KubernetesObject => _objects.Values.OfType<T>();

        public IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service) => _slices.TryGetValue(service, out var slice) ? [slice] : [];
    }
}
