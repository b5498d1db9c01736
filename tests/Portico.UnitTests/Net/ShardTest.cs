using Xunit;

namespace Portico.UnitTests.Net;

/// <summary>A test with a running shard, on which nothing may have gone wrong unnoticed at the end.</summary>
public abstract class ShardTest : IAsyncLifetime
{
    private protected ShardThread Shard { get; } = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Shard.DisposeAsync();
        Assert.Empty(Shard.Defects);
        GC.SuppressFinalize(this);
    }
}
