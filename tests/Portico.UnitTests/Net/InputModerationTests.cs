using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Net;

/// <summary>A connection that is heard of a moment late loses nothing: bytes, the end, a break, and its number's next owner.</summary>
public class InputModerationTests : ShardTest
{
    private readonly byte[] _buffer = new byte[256];

    [Fact]
    public async Task What_arrives_meanwhile_is_heard_of_afterwards()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => ReadModerated(connection));
        peer.Send("late"u8);
        Assert.Equal(4, await read.Within("the read ends"));
    }

    [Fact]
    public async Task What_arrived_before_is_heard_of_afterwards_as_well()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        await DrainAsync(connection);
        var read = await Shard.StartAsync(async () =>
        {
            peer.Send("early"u8);
            return await ReadModerated(connection);
        });
        Assert.Equal(5, await read.Within("the read ends"));
    }

    [Fact]
    public async Task The_end_of_the_peer_is_heard_of()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => ReadModerated(connection));
        peer.Close();
        Assert.Equal(IoStatus.End, await read.Within("the read ends"));
    }

    [Fact]
    public async Task Time_after_time_nothing_is_lost()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        for (var round = 0; round < 200; round++)
        {
            var read = await Shard.StartAsync(() => ReadModerated(connection));
            peer.Send("x"u8);
            Assert.Equal(1, await read.Within("the read ends"));
        }
    }

    [Fact]
    public async Task A_connection_that_closes_meanwhile_leaves_the_next_one_alone()
    {
        var (first, _) = await Shard.AcceptAsync();
        await DrainAsync(first);
        await Shard.InvokeAsync(() =>
        {
            first.ModerateInput();
            first.Close();
            return true;
        });
        var (second, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => second.ReadAsync(_buffer, 0, _buffer.Length, Limits.Step));
        peer.Send("mine"u8);
        Assert.Equal(4, await read.Within("the read ends"));
    }

    [Fact]
    public async Task Many_connections_are_heard_of_each_in_its_turn()
    {
        var reads = new List<Task<int>>();
        for (var i = 0; i < 20; i++)
        {
            var (connection, peer) = await Shard.AcceptAsync();
            var buffer = new byte[16];
            reads.Add(await Shard.StartAsync(() =>
            {
                connection.ModerateInput();
                return connection.ReadAsync(buffer, 0, buffer.Length, Limits.Step);
            }));
            peer.Send("x"u8);
        }

        Assert.All(await Task.WhenAll(reads).Within("all reads end"), count => Assert.Equal(1, count));
    }

    private ValueTask<int> ReadModerated(Connection connection)
    {
        connection.ModerateInput();
        return connection.ReadAsync(_buffer, 0, _buffer.Length, Limits.Step);
    }

    /// <summary>A fresh connection counts as readable until a read has found nothing.</summary>
    private Task<bool> DrainAsync(Connection connection) => Shard.InvokeAsync(() =>
    {
        Assert.Equal(Connection.NothingNow, connection.ReadNow(_buffer, 0, _buffer.Length));
        return true;
    });
}
