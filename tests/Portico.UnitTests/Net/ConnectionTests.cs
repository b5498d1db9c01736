using System.Net;
using System.Net.Sockets;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Net;

public class ConnectionTests : ShardTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(40);

    private readonly byte[] _buffer = new byte[256];

    [Fact]
    public async Task Bytes_go_both_ways()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        peer.Send("hello"u8);
        Assert.Equal(5, await Shard.RunAsync(() => Read(connection)));
        Assert.Equal("hello"u8, _buffer.AsSpan(0, 5));
        Assert.Equal(5, await Shard.RunAsync(() => connection.WriteAsync(_buffer, 0, 5, Limits.Step)));
        Assert.Equal("hello", await ReceiveAsync(peer, 5));
    }

    [Fact]
    public async Task A_connection_that_the_shard_opens_carries_bytes_like_one_that_it_accepts()
    {
        var (connection, peer) = await Shard.ConnectAsync();
        var read = await Shard.StartAsync(() => Read(connection));
        peer.Send("hello"u8);
        Assert.Equal(5, await read.Within("the read ends"));
    }

    [Fact]
    public async Task A_read_waits_for_bytes()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => Read(connection));
        Assert.False(read.IsCompleted);
        peer.Send("x"u8);
        Assert.Equal(1, await read.Within("the read ends"));
    }

    [Fact]
    public async Task A_read_that_takes_too_long_times_out_and_the_connection_goes_on()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        Assert.Equal(IoStatus.TimedOut, await Shard.RunAsync(() => connection.ReadAsync(_buffer, 0, 1, Soon)));
        Assert.Equal(IoStatus.TimedOut, await Shard.RunAsync(() => connection.WaitForInputAsync(Soon)));
        peer.Send("x"u8);
        Assert.Equal(1, await Shard.RunAsync(() => Read(connection)));
    }

    [Fact]
    public async Task A_deadline_counts_from_the_operation_it_was_set_for()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        peer.Send("x"u8);
        Assert.Equal(1, await Shard.RunAsync(() => connection.ReadAsync(_buffer, 0, 1, Soon)));
        var read = await Shard.StartAsync(() => connection.ReadAsync(_buffer, 0, 1, TimeSpan.Zero));
        await TimerFiresAsync(Soon * 2);
        Assert.False(read.IsCompleted);
        await Shard.InvokeAsync(() =>
        {
            connection.LimitPendingRead(Soon);
            return true;
        });
        Assert.Equal(IoStatus.TimedOut, await read.Within("the read times out"));
    }

    [Fact]
    public async Task After_half_a_close_the_other_direction_goes_on()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        peer.Send("last"u8);
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(4, await Shard.RunAsync(() => Read(connection)));
        Assert.Equal(IoStatus.End, await Shard.RunAsync(() => Read(connection)));
        Assert.Equal(IoStatus.End, await Shard.RunAsync(() => Read(connection)));
        Assert.True(connection.PeerFinished);
        Assert.False(connection.IsBroken);
        "answer"u8.CopyTo(_buffer);
        Assert.Equal(6, await Shard.RunAsync(() => connection.WriteAsync(_buffer, 0, 6, Limits.Step)));
        await Do(connection.ShutdownWrite);
        Assert.Equal("answer", await ReceiveAsync(peer, 6));
        Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).Within("the end arrives"));
    }

    [Fact]
    public async Task A_reset_ends_the_read_that_waits()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => Read(connection));
        peer.LingerState = new LingerOption(true, 0);
        peer.Close();
        Assert.Equal(IoStatus.Reset, await read.Within("the read ends"));
        Assert.True(connection.IsBroken);
        Assert.True(await Shard.RunAsync(() => connection.WriteAsync(_buffer, 0, 1, Limits.Step)) < 0);
    }

    [Fact]
    public async Task An_abort_is_a_reset_for_the_peer()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        await Do(connection.Abort);
        var failure = await Assert.ThrowsAsync<SocketException>(() => peer.ReceiveAsync(new byte[1]).Within("the reset arrives"));
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
    }

    [Fact]
    public async Task Waiting_for_input_takes_nothing_and_ends_with_the_first_byte()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var wait = await Shard.StartAsync(() => connection.WaitForInputAsync(Limits.Step));
        // The socket was believed readable since its accept: the false alarm is found out by a read that takes nothing.
        Assert.True(await wait.Within("the first wait ends") > 0);
        Assert.Equal(Connection.NothingNow, await Shard.InvokeAsync(() => connection.ReadNow(_buffer, 0, 8)));
        wait = await Shard.StartAsync(() => connection.WaitForInputAsync(Limits.Step));
        Assert.False(wait.IsCompleted);
        peer.Send("ab"u8);
        Assert.True(await wait.Within("the wait ends") > 0);
        Assert.Equal(2, await Shard.InvokeAsync(() => connection.ReadNow(_buffer, 0, 8)));
    }

    [Fact]
    public async Task A_canceled_read_leaves_the_connection_as_it_was()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        await Do(connection.CancelRead);
        var read = await Shard.StartAsync(() => Read(connection));
        await Do(connection.CancelRead);
        Assert.Equal(IoStatus.Canceled, await read.Within("the read ends"));
        Assert.False(connection.IsClosed);
        peer.Send("x"u8);
        Assert.Equal(1, await Shard.RunAsync(() => Read(connection)));
    }

    [Fact]
    public async Task Closing_ends_what_is_under_way_and_what_comes_later()
    {
        var (connection, _) = await Shard.AcceptAsync(peer => peer.ReceiveBufferSize = 4096);
        var read = await Shard.StartAsync(() => Read(connection));
        var write = await Shard.StartAsync(() => connection.WriteAsync(new byte[16 << 20], 0, 16 << 20, Limits.Step));
        await Do(connection.Close);
        Assert.Equal(IoStatus.Canceled, await read.Within("the read ends"));
        Assert.Equal(IoStatus.Canceled, await write.Within("the write ends"));
        Assert.Equal(IoStatus.Canceled, await Shard.RunAsync(() => Read(connection)));
        Assert.Equal(IoStatus.Canceled, await Shard.RunAsync(() => connection.WriteAsync(_buffer, 0, 1, Limits.Step)));
        Assert.Equal(IoStatus.Canceled, await Shard.RunAsync(() => connection.WaitForInputAsync(Limits.Step)));
    }

    [Fact]
    public async Task A_reader_may_close_the_connection_inside_its_own_continuation()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(async () =>
        {
            var count = await Read(connection);
            connection.Close();
            return count;
        });
        peer.Send("x"u8);
        Assert.Equal(1, await read.Within("the read ends"));
        Assert.True(connection.IsClosed);
    }

    [Fact]
    public async Task A_slow_reader_makes_a_slow_writer_and_loses_nothing()
    {
        var big = new byte[8 << 20];
        new Random(1).NextBytes(big);
        var (connection, peer) = await Shard.AcceptAsync(socket => socket.ReceiveBufferSize = 4096);
        var write = await Shard.StartAsync(() => connection.WriteAsync(big, 0, big.Length, Limits.Step));
        Assert.False(write.IsCompleted);
        var received = new byte[big.Length];
        await FillAsync(peer, received);

        Assert.Equal(big.Length, await write.Within("the write ends"));
        Assert.True(big.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_makes_the_write_time_out()
    {
        var (connection, _) = await Shard.AcceptAsync(peer => peer.ReceiveBufferSize = 4096);
        Assert.Equal(IoStatus.TimedOut, await Shard.RunAsync(() => connection.WriteAsync(new byte[16 << 20], 0, 16 << 20, Soon)));
    }

    [Fact]
    public async Task A_write_to_a_peer_that_left_fails()
    {
        var (connection, peer) = await Shard.AcceptAsync(socket => socket.ReceiveBufferSize = 4096);
        var write = await Shard.StartAsync(() => connection.WriteAsync(new byte[16 << 20], 0, 16 << 20, Limits.Step));
        peer.LingerState = new LingerOption(true, 0);
        peer.Close();
        Assert.True(await write.Within("the write ends") < 0);
        Assert.True(connection.IsBroken);
    }

    [Fact]
    public async Task Only_one_read_may_wait_at_a_time()
    {
        var (connection, _) = await Shard.AcceptAsync();
        var read = await Shard.StartAsync(() => Read(connection));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Shard.RunAsync(() => Read(connection)));
        await Do(connection.CancelRead);
        Assert.Equal(IoStatus.Canceled, await read.Within("the first read ends"));
    }

    [Fact]
    public async Task An_observer_hears_what_nobody_reads()
    {
        var (connection, peer) = await Shard.ConnectAsync();
        var observer = new Hearing();
        Assert.True(await Shard.InvokeAsync(() =>
        {
            connection.Observer = observer;
            return connection.IsQuiet();
        }));
        peer.Send("x"u8);
        Assert.Same(connection, await observer.Heard.Task.Within("the observer hears"));
        Assert.False(await Shard.InvokeAsync(connection.IsQuiet));
        Assert.Equal(1, await Shard.RunAsync(() => Read(connection)));
        Assert.True(await Shard.InvokeAsync(connection.IsQuiet));
        peer.Close();
        await Eventually.TrueAsync(async () => !await Shard.InvokeAsync(connection.IsQuiet), "the close is noticed");
    }

    [Fact]
    public async Task Where_nobody_listens_connecting_fails()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = Portico.Net.Sockets.SocketAddress.Encode(IPAddress.Loopback, ((IPEndPoint)bound.LocalEndPoint!).Port);
        var opened = await Shard.RunAsync(() => Connection.ConnectAsync(Shard.Shard, address, Limits.Step));
        Assert.Null(opened.Connection);
        Assert.Equal("Connection refused", IoStatus.Describe(opened.Status), ignoreCase: true);
        Assert.Equal(0, await Shard.InvokeAsync(() => Shard.Shard.ConnectionCount));
    }

    [Fact]
    public async Task The_peer_is_known_by_address_and_port()
    {
        var (connection, peer) = await Shard.AcceptAsync();
        var local = (IPEndPoint)peer.LocalEndPoint!;
        Assert.Equal(local.Port, Portico.Net.Sockets.SocketAddress.Port(connection.RemoteAddress));
        Assert.Equal(local.Address.GetAddressBytes(), Portico.Net.Sockets.SocketAddress.IpBytes(connection.RemoteAddress));
        Assert.Equal(((IPEndPoint)peer.RemoteEndPoint!).Port, connection.LocalPort);
    }

    private ValueTask<int> Read(Connection connection) => connection.ReadAsync(_buffer, 0, _buffer.Length, Limits.Step);

    private Task<bool> Do(Action action) => Shard.InvokeAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Ends when a deadline of the shard's own clock has come, so that earlier ones have come, too.</summary>
    private async Task TimerFiresAsync(TimeSpan delay)
    {
        var due = new Due();
        await Do(() => Shard.Shard.Timers.Set(due, Shard.Shard.NowMilliseconds + (long)delay.TotalMilliseconds));
        await due.Fired.Task.Within("the timer fires");
    }

    private static async Task<string> ReceiveAsync(Socket peer, int count)
    {
        var buffer = new byte[count];
        await FillAsync(peer, buffer);
        return System.Text.Encoding.Latin1.GetString(buffer);
    }

    private static async Task FillAsync(Socket peer, byte[] buffer)
    {
        for (var received = 0; received < buffer.Length;)
        {
            var room = new ArraySegment<byte>(buffer, received, Math.Min(100_000, buffer.Length - received));
            var more = await peer.ReceiveAsync(room).Within("bytes arrive");
            Assert.True(more > 0, "the connection ended");
            received += more;
        }
    }

    private sealed class Hearing : IConnectionObserver
    {
        public TaskCompletionSource<Connection> Heard { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnUnattendedInput(Connection connection) => Heard.TrySetResult(connection);
    }

    private sealed class Due : Portico.Net.Timers.Deadline
    {
        public TaskCompletionSource Fired { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected internal override void OnDue() => Fired.SetResult();
    }
}
