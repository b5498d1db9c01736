using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Portico.UnitTests.Tls;
using Xunit;

namespace Portico.UnitTests.Routing;

/// <summary>Reads the memory of the whole process, so nothing else may run beside it.</summary>
[Collection(nameof(TlsLeakTests))]
public class RoutingTableMemoryTests
{
    [Fact]
    public void Ten_thousand_patterns_keep_little_memory_each()
    {
        var model = Models.Gateway([.. Enumerable.Range(0, 10_000).Select(i =>
            Models.Host($"h{i}.test", Models.Route(PathMatchKind.Regex, $"/team{i}/service(/|$)(.*)", ignoreCase: true)))]);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var table = RoutingTable.Compile(model, null, new BackendRegistry(1));
        Assert.NotNull(table.Find("h77.test")!.Match("/team77/service/x"u8, RequestText.Get("/")));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 10_000;
        Assert.InRange(each, 0, 10 * 1024);
        GC.KeepAlive(table);
    }
}
