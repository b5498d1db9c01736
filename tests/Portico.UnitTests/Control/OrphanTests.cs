using Portico.Ingress;
using Portico.UnitTests.IngressTranslation;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.Control;

public class OrphanTests
{
    [Fact]
    public void An_Ingress_is_an_orphan_until_its_Service_exists_and_has_endpoints()
    {
        var cluster = new TestCluster().Add(IngressOf("i", [Rule("a.test")]));
        Assert.Equal([new OrphanedIngress("default", "i", ServiceMissing: true)], cluster.Apply().Orphans);

        cluster.Add(Service("echo-a"));
        Assert.Equal([new OrphanedIngress("default", "i", ServiceMissing: false)], cluster.Apply().Orphans);

        cluster.Add(Slice("echo-a", "10.0.0.1"));
        Assert.Empty(cluster.Apply().Orphans);
    }

    [Fact]
    public void An_Ingress_that_goes_is_no_orphan_any_more()
    {
        var ingress = IngressOf("i", [Rule("a.test")]);
        var cluster = new TestCluster().Add(ingress);
        cluster.Apply();

        Assert.Empty(cluster.Delete(ingress).Apply().Orphans);
    }
}
