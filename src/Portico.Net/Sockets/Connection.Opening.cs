using System.Runtime.CompilerServices;
using Portico.Net.Async;
using Portico.Net.Native;
using Portico.Net.Tls;

namespace Portico.Net.Sockets;

/// <summary>How an attempt to connect ended.</summary>
/// <param name="Connection">The connection; null when <paramref name="Status"/> is an error.</param>
public readonly record struct ConnectResult(Connection? Connection, int Status);

public sealed partial class Connection
{
    /// <summary>Connects to a prepared socket address. Local addresses usually answer without a wait.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<ConnectResult> ConnectAsync(Shard shard, byte[] address, TimeSpan timeout)
    {
        shard.AssertOwned();
        var fd = Libc.Socket(SocketAddress.Family(address));
        if (fd < 0)
        {
            return new ConnectResult(null, fd);
        }

        var connection = new Connection(shard, fd);
        address.CopyTo((Span<byte>)connection._remote);
        _ = Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        var status = Libc.Connect(fd, address);
        if (status is >= 0 or -Libc.EINPROGRESS)
        {
            var registered = shard.Register(connection);
            status = registered < 0 ? registered : status;
        }

        if (status == -Libc.EINPROGRESS)
        {
            status = await connection._writing.Begin(shard, timeout);
            if (status >= 0)
            {
                status = Libc.TakeError(fd);
            }
        }

        if (status < 0)
        {
            connection.Close();
            return new ConnectResult(null, status);
        }

        return new ConnectResult(connection, 0);
    }

    /// <summary>Speaks TLS from now on and completes the handshake, as server or client by the session given.</summary>
    /// <returns>How it ended; <see cref="TlsStatus.PlainHttp"/> leaves the connection open and plain for an answer.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<TlsStatus> HandshakeAsync(TlsSession session, TimeSpan timeout)
    {
        // The descriptor may be gone by the time a slow peer answers: the session is disposed with the connection.
        _tls = session;
        while (!_closed)
        {
            var status = session.Handshake();
            switch (status)
            {
                case TlsStatus.WantRead:
                    _readable = false;
                    if (await _reading.Begin(Shard, timeout) < 0)
                    {
                        return TlsStatus.Failed;
                    }

                    break;
                case TlsStatus.WantWrite:
                    if (await _writing.Begin(Shard, timeout) < 0)
                    {
                        return TlsStatus.Failed;
                    }

                    break;
                case TlsStatus.PlainHttp:
                    session.Dispose();
                    _tls = null;
                    return status;
                default:
                    return status;
            }
        }

        return TlsStatus.Failed;
    }

    /// <summary>Begins TLS on the server's side of this connection.</summary>
    public TlsSession AcceptTls(TlsServerContext context) => TlsSession.Accept(context, Fd);

    /// <summary>Begins TLS on the client's side of this connection.</summary>
    public TlsSession ConnectTls(TlsClientContext context, string? serverName, TlsResumption? resumption = null) =>
        TlsSession.Connect(context, Fd, serverName, resumption);
}
