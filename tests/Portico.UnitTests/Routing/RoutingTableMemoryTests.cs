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
    private const int Patterns = 10_000;

    [Fact]
    public void Ten_thousand_patterns_keep_little_memory_each()
    {
        var model = Models.Gateway([.. Enumerable.Range(0, Patterns).Select(i =>
            Models.Host($"h{i}.test", Models.Route(PathMatchKind.Regex, $"/team{i}/service(/|$)(.*)", ignoreCase: true)))]);
        // What earlier tests left may go during a measurement and make it too small, never too large.
        var each = Enumerable.Range(0, 3).Max(_ => KeptByEach(model));
        Assert.InRange(each, 1, 10 * 1024);
    }

    private static long KeptByEach(GatewayModel model)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var table = RoutingTable.Compile(model, null, new BackendRegistry(1));
        Assert.NotNull(table.Find("h77.test")!.Match("/team77/service/x"u8, RequestText.Get("/")));
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(table);
        return kept / Patterns;
    }
}
