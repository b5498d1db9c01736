using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Portico.Net;
using Portico.Net.Sockets;

namespace Portico.Fuzz;

/// <summary>
/// A running shard and sockets that talk to it: for code that owns a connection and so cannot be shown bytes alone. Each input has a
/// connection of its own; what escaped or was not given back afterwards is a problem.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "As old as the process.")]
internal sealed class Loopback
{
    /// <summary>Far beyond what any step takes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<Exception> _defects = new();
    private readonly Shard _shard;

    public Loopback()
    {
        _shard = new Shard(0) { UnhandledException = _defects.Enqueue };
        _shard.Start();
    }

    public Shard Shard => _shard;

    /// <summary>Where defects go that the code under test catches itself.</summary>
    public void Report(Exception defect) => _defects.Enqueue(defect);

    public T Invoke<T>(Func<T> function)
    {
        var task = _shard.InvokeAsync(function);
        return task.Wait(Patience) ? task.Result : throw new TimeoutException("the shard does not answer");
    }

    /// <summary>Starts code on the shard.</summary>
    /// <returns>Its end.</returns>
    public Task<T> Begin<T>(Func<ValueTask<T>> body)
    {
        var end = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _shard.Post(_ => _ = CompleteAsync(body, end), null);
        return end.Task;
    }

    /// <summary>The shard has read what was sent to it before: an event of a socket is taken in the same turn as the inbox, or in the next.</summary>
    public void Settle()
    {
        for (var turns = 0; turns < 3; turns++)
        {
            _ = Invoke(() => true);
        }
    }

    /// <summary>A port on the shard.</summary>
    public int Listen(Action<Connection> accepted)
    {
        var listener = Listener.Open(_shard, IPAddress.Loopback, 0, accepted, out var error) ?? throw new IOException(error);
        _ = Invoke(() =>
        {
            listener.Start();
            return true;
        });
        return listener.Port;
    }

    public static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Patience.TotalMilliseconds };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Everything that the other side sends until it ends the connection, which it must.</summary>
    public static byte[] ReadToEnd(Socket socket)
    {
        using var all = new MemoryStream();
        var piece = new byte[64 * 1024];
        try
        {
            for (var count = socket.Receive(piece); count > 0; count = socket.Receive(piece))
            {
                all.Write(piece, 0, count);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An end as well.
        }

        return all.ToArray();
    }

    /// <summary>What has come already.</summary>
    public static byte[] ReadNow(Socket socket)
    {
        var bytes = new byte[socket.Available];
        return bytes[..(bytes.Length == 0 ? 0 : socket.Receive(bytes))];
    }

    /// <summary>What went wrong in an exchange that is over.</summary>
    public string? Problem()
    {
        if (_defects.TryDequeue(out var defect))
        {
            _defects.Clear();
            return defect.ToString();
        }

        // The end of a connection reaches its peer before it is all cleared away here.
        var started = Environment.TickCount64;
        long rented;
        while ((rented = Invoke(() => _shard.Buffers.RentedBytes + _shard.ConnectionCount)) != 0)
        {
            if (Environment.TickCount64 - started > Patience.TotalMilliseconds)
            {
                return $"{rented} bytes or connections are not given back";
            }
        }

        return null;
    }

    private static async Task CompleteAsync<T>(Func<ValueTask<T>> body, TaskCompletionSource<T> end)
    {
        try
        {
            end.SetResult(await body());
        }
#pragma warning disable CA1031 // Whatever the code throws is what we look for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            end.SetException(e);
        }
    }
}
