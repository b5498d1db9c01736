using Portico.DataPlaneTests.Gateways;
using Portico.DataPlaneTests.Streams;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Redis;

/// <summary>Redis behind a TCP service, asked by redis-cli.</summary>
public sealed class RedisTests(StreamGateway gateway, RedisServer redis) : GatewayTest<StreamGateway>(gateway), IClassFixture<StreamGateway>, IClassFixture<RedisServer>
{
    [Fact]
    public async Task What_was_set_is_got()
    {
        var at = await Gateway.ExposeTcpAsync("", redis.Endpoint);
        Assert.Equal("PONG", await RedisServer.AskAsync(at, "ping"));
        Assert.Equal("OK", await RedisServer.AskAsync(at, "set", "door", "open"));
        Assert.Equal("open", await RedisServer.AskAsync(at, "get", "door"));
        Assert.Equal("open", await RedisServer.AskAsync(redis.Address, "get", "door"));
    }

    [Fact]
    public async Task Five_megabytes_pass_in_both_directions()
    {
        var at = await Gateway.ExposeTcpAsync("", redis.Endpoint);
        var value = new byte[5 * 1024 * 1024];
        new Random(5).NextBytes(value);
        Assert.Equal("OK\n", Text.Of(await RedisServer.AskBytesAsync(at, ["set", "bulk"], value)));
        var got = await RedisServer.AskBytesAsync(at, ["get", "bulk"]);
        Assert.True(got.AsSpan().SequenceEqual([.. value, (byte)'\n']));
    }

    [Fact]
    public async Task A_subscription_lives_through_a_hundred_changes_and_the_end_of_its_entry()
    {
        var at = await Gateway.ExposeTcpAsync("", redis.Endpoint);
        await using var subscriber = RedisServer.Subscribe(at, "news");
        await Eventually.TrueAsync(async () => await RedisServer.AskAsync(redis.Address, "publish", "news", "first") == "1", "the subscription stands");
        await HearsAsync("first");
        var other = await Gateway.ExposeAsync();
        for (var i = 1; i <= 100; i++)
        {
            await other.PublishAsync();
            if (i % 20 == 0)
            {
                Assert.Equal("1", await RedisServer.AskAsync(at, "publish", "news", $"after {i} changes"));
                await HearsAsync($"after {i} changes");
            }
        }

        Gateway.Remove(at);
        await Eventually.TrueAsync(async () => (await RedisServer.AskAsync(at, "ping")).Contains("refused", StringComparison.Ordinal), "the port refuses");
        Assert.Equal("1", await RedisServer.AskAsync(redis.Address, "publish", "news", "still here"));
        await HearsAsync("still here");
        Assert.False(subscriber.HasExited);

        Task HearsAsync(string message) =>
            Eventually.TrueAsync(() => subscriber.Output.Contains($"message\nnews\n{message}\n", StringComparison.Ordinal), $"the subscriber hears '{message}'");
    }
}
