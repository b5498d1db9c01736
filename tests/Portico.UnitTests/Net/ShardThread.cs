using System.Net;
using System.Net.Sockets;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Wire;

namespace Portico.UnitTests.Net;

/// <summary>A running shard for tests: code runs on its thread, connections with plain sockets as their peers.</summary>
internal sealed class ShardThread : IAsyncDisposable
{
    private readonly List<IDisposable> _sockets = [];

    public ShardThread()
    {
        Shard = new Shard(0) { UnhandledException = Defects.Enqueue };
        Shard.Start();
    }

    public Shard Shard { get; }

    /// <summary>What escaped from the shard's dispatch.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<Exception> Defects { get; } = new();

    /// <summary>Runs code on the shard, to its end, however often it waits there.</summary>
    public Task<T> RunAsync<T>(Func<ValueTask<T>> body) => Begin(body).Within("the code on the shard ends");

    /// <summary>Starts code on the shard that may wait for something the test does afterwards.</summary>
    /// <returns>Once it has run to its first wait: the task of its end.</returns>
    public async Task<Task<T>> StartAsync<T>(Func<ValueTask<T>> body)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = Begin(() =>
        {
            var task = body();
            started.SetResult();
            return task;
        });
        await started.Task.Within("the code on the shard starts");
        return end;
    }

    public Task<T> InvokeAsync<T>(Func<T> function) => Shard.InvokeAsync(function).Within("the function runs on the shard");

    /// <summary>A connection that the shard has accepted, and the socket on its other side.</summary>
    public async Task<(Connection Connection, Socket Peer)> AcceptAsync(Action<Socket>? prepare = null)
    {
        var accepted = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var peer = await ConnectPeerAsync(connection => accepted.TrySetResult(connection), prepare);
        return (await accepted.Task.Within("the shard accepts"), peer);
    }

    /// <summary>Connects a plain socket to the shard, which hands what it accepts to the function.</summary>
    public async Task<Socket> ConnectPeerAsync(Action<Connection> accepted, Action<Socket>? prepare = null)
    {
        var listener = Listener.Open(Shard, IPAddress.Loopback, 0, accepted, out var error) ?? throw new IOException(error);
        await InvokeAsync(() =>
        {
            listener.Start();
            return true;
        });
        var peer = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        prepare?.Invoke(peer);
        await peer.ConnectAsync(IPAddress.Loopback, listener.Port).Within("the peer connects");
        await InvokeAsync(() =>
        {
            listener.Stop();
            return true;
        });
        return peer;
    }

    /// <summary>A connection that the shard has opened, and the socket that accepted it.</summary>
    public async Task<(Connection Connection, Socket Peer)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var address = Portico.Net.Sockets.SocketAddress.Encode(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        var opened = await RunAsync(() => Connection.ConnectAsync(Shard, address, Limits.Step));
        var peer = Keep(await listener.AcceptAsync().Within("the peer accepts"));
        return (opened.Connection ?? throw new IOException(IoStatus.Describe(opened.Status)), peer);
    }

    public ValueTask DisposeAsync()
    {
        Shard.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
        return ValueTask.CompletedTask;
    }

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    private Task<T> Begin<T>(Func<ValueTask<T>> body)
    {
        var end = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Shard.Post(_ => _ = CompleteAsync(body, end), null);
        return end.Task;
    }

    private static async Task CompleteAsync<T>(Func<ValueTask<T>> body, TaskCompletionSource<T> end)
    {
        try
        {
            end.SetResult(await body());
        }
#pragma warning disable CA1031 // The test shall see whatever it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            end.SetException(e);
        }
    }
}
