using Portico.Ingress;
using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class PassthroughTests
{
    private static readonly BackendId Target = new("default", "echo-a", "80", "service-upstream");

    private readonly TestCluster _cluster = new(new IngressOptions { EnableSslPassthrough = true });

    [Fact]
    public void The_ClusterIP_of_the_root_takes_the_connections_of_the_host()
    {
        Add("h.test", Path("/"), Path("/b", service: "echo-b"));
        Assert.Equal(Target, _cluster.Host("h.test").Passthrough);
        Assert.Equal(Target, _cluster.Model.Listeners[1].Passthrough["h.test"]);
        Assert.Equal([new Endpoint("10.96.0.1", 80)], _cluster.Model.Backends[Target].Endpoints);
        Assert.Equal(UpstreamProtocol.Https, _cluster.Route("h.test", "/").Upstream.Protocol);
        Assert.Null(_cluster.Route("h.test", "/b").Upstream.Protocol);
    }

    [Theory]
    [InlineData("*.h.test", "/")]
    [InlineData("h.test", "/only")]
    public void A_wildcard_or_a_host_without_root_is_not_passed_through(string host, string path)
    {
        Add(host, Path(path));
        Assert.Empty(_cluster.Model.Listeners[1].Passthrough);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "NoPassthrough");
    }

    [Fact]
    public void Without_the_flag_the_annotation_has_no_effect_and_says_so()
    {
        var cluster = new TestCluster();
        cluster.Add(IngressOf("i", [Rule("h.test")], ("ssl-passthrough", "true"))).Apply();
        Assert.Null(cluster.Host("h.test").Passthrough);
        Assert.Contains(cluster.FindingsOf("Ingress", "i"), f => f.Reason == "FlagMissing");
    }

    [Fact]
    public void The_end_of_the_Ingress_ends_it_and_leaves_no_backend()
    {
        Add("h.test", Path("/"));
        _cluster.Delete(IngressOf("i", [])).Apply();
        Assert.Empty(_cluster.Model.Listeners[1].Passthrough);
        Assert.Empty(_cluster.Model.Backends);
    }

    private void Add(string host, params Portico.Kubernetes.Resources.HttpIngressPath[] paths) => _cluster
        .Add(Service("echo-a")).Add(Slice("echo-a", "10.0.0.1")).Add(Service("echo-b")).Add(Slice("echo-b", "10.0.0.2"))
        .Add(IngressOf("i", [Rule(host, paths)], ("ssl-passthrough", "true"))).Apply();
}
