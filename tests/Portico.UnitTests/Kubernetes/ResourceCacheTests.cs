using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Xunit;

namespace Portico.UnitTests.Kubernetes;

public class ResourceCacheTests
{
    private readonly ResourceCache _cache = new();

    [Fact]
    public void Objects_are_found_by_kind_namespace_and_name()
    {
        var service = new Service { Metadata = new ObjectMeta { Namespace = "a", Name = "web" } };
        var secret = new Secret { Metadata = new ObjectMeta { Namespace = "a", Name = "web" } };
        _cache.Apply([new(null, service), new(null, secret)]);

        Assert.Same(service, _cache.Find<Service>("a", "web"));
        Assert.Same(secret, _cache.Find<Secret>("a", "web"));
        Assert.Null(_cache.Find<Service>("b", "web"));
        Assert.Same(service, Assert.Single(_cache.All<Service>()));
        Assert.Equal(2, _cache.Count);

        _cache.Apply([new(service, null)]);
        Assert.Null(_cache.Find<Service>("a", "web"));
        Assert.Empty(_cache.All<Service>());
    }

    [Fact]
    public void Slices_are_found_by_their_service_in_the_order_of_their_names()
    {
        _cache.Apply([new(null, Slice("s-b", "web")), new(null, Slice("s-c", "web")), new(null, Slice("s-a", "web")), new(null, Slice("o", "other"))]);
        Assert.Equal(["s-a", "s-b", "s-c"], _cache.SlicesOf("ns", "web").Select(slice => slice.Metadata.Name));
        Assert.Empty(_cache.SlicesOf("elsewhere", "web"));
        Assert.Empty(_cache.SlicesOf("ns", "none"));
    }

    [Fact]
    public void A_slice_moves_with_its_label_and_goes_with_its_object()
    {
        var first = Slice("s", "web");
        var moved = Slice("s", "api");
        _cache.Apply(new ResourceChange(null, first));
        var held = _cache.SlicesOf("ns", "web");
        _cache.Apply(new ResourceChange(first, moved));
        Assert.Empty(_cache.SlicesOf("ns", "web"));
        Assert.Same(moved, Assert.Single(_cache.SlicesOf("ns", "api")));
        Assert.Same(first, Assert.Single(held));

        _cache.Apply(new ResourceChange(moved, null));
        Assert.Empty(_cache.SlicesOf("ns", "api"));
    }

    [Fact]
    public void A_change_that_comes_twice_counts_once()
    {
        var slice = Slice("s", "web");
        _cache.Apply([new(null, slice), new(null, slice)]);
        Assert.Single(_cache.SlicesOf("ns", "web"));
        _cache.Apply([new(slice, null), new(slice, null)]);
        Assert.Empty(_cache.SlicesOf("ns", "web"));
    }

    [Fact]
    public void A_slice_without_the_label_belongs_to_no_service()
    {
        _cache.Apply([new(null, new EndpointSlice { Metadata = new ObjectMeta { Namespace = "ns", Name = "s" } })]);
        Assert.Single(_cache.All<EndpointSlice>());
        Assert.Empty(_cache.SlicesOf("ns", ""));
    }

    private static EndpointSlice Slice(string name, string service) => new()
    {
        Metadata = new ObjectMeta { Namespace = "ns", Name = name, Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = service } },
    };
}
