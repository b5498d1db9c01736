using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>Plays one exchange on a connection. It is called again for each further request on the same connection.</summary>
public delegate Task BackendScript(BackendConnection connection);

/// <summary>
/// A backend that does what its script says and records every byte it gets, so that "nothing reached the backend" can be
/// proved. Requests are read strictly: one that no RFC 9112 sender may write lands in <see cref="Violations"/>.
/// </summary>
public sealed class ScriptedBackend : IAsyncDisposable
{
    private const int KeptBytes = 4 * 1024 * 1024;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<int, BackendConnection> _open = new();
    private readonly List<ReceivedRequest> _requests = [];
    private readonly List<string> _violations = [];
    private readonly MemoryStream _bytes = new();
    private readonly Lock _lock = new();
    private Socket _listener;
    private Task _accepting;
    private long _byteCount;
    private int _connectionCount;

    public ScriptedBackend(BackendScript script, string name = "backend", IPAddress? address = null)
    {
        Script = script;
        Name = name;
        _listener = Listen(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync(_listener);
    }

    public string Name { get; }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    /// <summary>Taken anew for every request; a script that runs is not disturbed.</summary>
    public BackendScript Script { get; set; }

    /// <summary>With one, TLS is spoken.</summary>
    public TestCertificate? Certificate { get; init; }

    /// <summary>With TLS: the application protocol that is agreed to; an empty one agrees to none.</summary>
    public string Alpn { get; init; } = "";

    /// <summary>Connections accepted so far.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    public int OpenConnections => _open.Count;

    /// <summary>Every byte received, on whatever connection.</summary>
    public long ByteCount => Interlocked.Read(ref _byteCount);

    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Requests that a strict reader refuses: each is a fault of the gateway.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_lock)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>The first megabytes received, as they came.</summary>
    public string ReceivedText
    {
        get
        {
            lock (_lock)
            {
                return Text.Of(_bytes.ToArray());
            }
        }
    }

    internal CancellationToken Stopping => _stopping.Token;

    public Task WaitForRequestsAsync(int count) =>
        Eventually.TrueAsync(() => Requests.Count >= count, $"{Name} receives {count} requests");

    /// <summary>Closes the listening socket: further connections are refused, open ones live on.</summary>
    public async Task StopListeningAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    /// <summary>Listens again on the same port.</summary>
    public void ListenAgain()
    {
        _listener = Listen(EndPoint);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Closes (FIN) every connection that is open now, whatever its script does.</summary>
    public void CloseConnections()
    {
        foreach (var connection in _open.Values)
        {
            connection.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        CloseConnections();
        _stopping.Dispose();
    }

    internal void Record(ReadOnlyMemory<byte> bytes)
    {
        Interlocked.Add(ref _byteCount, bytes.Length);
        lock (_lock)
        {
            if (_bytes.Length < KeptBytes)
            {
                _bytes.Write(bytes.Span);
            }
        }
    }

    internal void Add(ReceivedRequest request)
    {
        lock (_lock)
        {
            _requests.Add(request);
        }
    }

    private static Socket Listen(IPEndPoint at)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(at);
        listener.Listen(4096);
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return;
            }
            socket.NoDelay = true;
            _ = ServeAsync(socket, Interlocked.Increment(ref _connectionCount));
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (Certificate is null)
        {
            await ServeAsync(new BackendConnection(this, socket, stream, number));
            return;
        }
        var tls = new SslStream(stream);
        try
        {
            using var certificate = Certificate.WithKey();
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ApplicationProtocols = Alpn.Length == 0 ? null : [new SslApplicationProtocol(Alpn)],
                },
                Stopping);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
        {
            await tls.DisposeAsync();
            return;
        }
        await ServeAsync(new BackendConnection(this, socket, tls, number));
    }

    private async Task ServeAsync(BackendConnection connection)
    {
        _open[connection.Number] = connection;
        try
        {
            while (!connection.IsFinished && await connection.WaitForDataAsync())
            {
                await Script(connection);
            }
        }
        catch (ProtocolException e)
        {
            lock (_lock)
            {
                _violations.Add(e.Message);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The gateway went away, or the test is over: what was received is recorded, nothing else counts.
        }
        finally
        {
            _open.TryRemove(connection.Number, out _);
            connection.Dispose();
        }
    }
}
