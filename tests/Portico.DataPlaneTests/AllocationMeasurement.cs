using Xunit;

namespace Portico.DataPlaneTests;

/// <summary>How much a shard allocates for a request once its pools have grown: the least of several measurements.</summary>
internal static class AllocationMeasurement
{
    private const int WarmUpRounds = 60;
    private const int Rounds = 160;

    /// <summary>Pools grow until they have seen as many exchanges at once as there ever are, which is a matter of luck.</summary>
    private const int Attempts = 5;

    /// <summary>More than the clients and the backend allocate while it is measured.</summary>
    private const long UncollectedBytes = 128 << 20;

    public static async Task<double> BytesARequestAsync(AllocationGateway gateway, AllocationClients clients)
    {
        clients.Run(WarmUpRounds);
        var least = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && least >= 0.5; attempt++)
        {
            least = Math.Min(least, await MeasureAsync(gateway, clients));
        }

        return least;
    }

    private static async Task<double> MeasureAsync(AllocationGateway gateway, AllocationClients clients)
    {
        // A collection throws the rest of each thread's allocation context away, and that would count as allocated.
        Assert.True(GC.TryStartNoGCRegion(UncollectedBytes));
        var collections = GC.CollectionCount(0);
        var idle = await gateway.AllocatedOnShardAsync();
        var before = await gateway.AllocatedOnShardAsync();
        clients.Run(Rounds);
        var after = await gateway.AllocatedOnShardAsync();
        Assert.Equal(collections, GC.CollectionCount(0));
        GC.EndNoGCRegion();

        // Asking allocates, too: always the same.
        return (double)(after - before - (before - idle)) / (Rounds * AllocationClients.Connections);
    }
}
