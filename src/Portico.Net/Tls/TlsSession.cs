using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// TLS on one non-blocking socket. Owned by one connection, used only on its shard's thread; the socket stays the connection's, which
/// closes it after <see cref="Dispose"/>. Never waits and never throws for what a peer does. Reads and writes allocate nothing.
/// </summary>
/// <remarks>
/// Results of <see cref="Read"/> and <see cref="Write"/>: bytes when positive, else one of the constants. Always try before waiting for the
/// socket: bytes may be waiting here (<see cref="Pending"/>). A write that answered <see cref="WantWrite"/> or <see cref="WantRead"/> has
/// encrypted its record already: repeat it with the same bytes, at least as many, from any address.
/// </remarks>
public sealed unsafe partial class TlsSession : IDisposable
{
    /// <summary>The peer has closed cleanly (close_notify, or the end of the connection). Only from <see cref="Read"/>.</summary>
    public const int Closed = 0;

    /// <summary>Again when the socket is readable. A write may want this too.</summary>
    public const int WantRead = -1;

    /// <summary>Again when the socket is writable. A read may want this too.</summary>
    public const int WantWrite = -2;

    /// <summary>Over; <see cref="LastError"/> says why.</summary>
    public const int Failed = -3;

    private const int MaxRecordLength = 16 * 1024;

    private readonly int _descriptor;
    private readonly TlsResumption? _resumption;
    private nint _ssl;
    private Phase _phase;
    private bool _starved;
    private int _unfinishedWrite;
    private nuint _errorCode;
    private int _errno;
    private string? _refusal;

    private TlsSession(int descriptor, TlsServerContext? serverContext, TlsResumption? resumption)
    {
        _descriptor = descriptor;
        _resumption = resumption;
        ServerContext = serverContext;
    }

    private enum Phase : byte
    {
        /// <summary>A server that has not seen the first byte: no native object yet.</summary>
        Waiting,
        Handshaking,
        Open,

        /// <summary>The peer will send nothing more; writing still works.</summary>
        ReadClosed,
        Broken,
        Disposed,
    }

    internal TlsServerContext? ServerContext { get; }

    /// <summary>The server's side. The first byte must still be in the socket; nothing is allocated in OpenSSL before it arrives.</summary>
    public static TlsSession Accept(TlsServerContext context, int fd) => new(fd, context, null);

    /// <summary>The client's side.</summary>
    /// <param name="context">The settings; kept by the session as long as needed.</param>
    /// <param name="fd">The socket, connected.</param>
    /// <param name="serverName">The name to send as SNI; null sends none. Addresses are not sent, as RFC 6066 forbids it.</param>
    /// <param name="resumption">Where this endpoint's last session is remembered, to skip the expensive part next time.</param>
    public static TlsSession Connect(TlsClientContext context, int fd, string? serverName = null, TlsResumption? resumption = null)
    {
        var session = new TlsSession(fd, null, resumption);
        LibCrypto.ERR_clear_error();
        session._ssl = context.NewSession(serverName);
        if (session.Attach())
        {
            LibSsl.SSL_set_connect_state(session._ssl);
            resumption?.Offer(session._ssl);
        }

        return session;
    }

    /// <summary>Reads what has been decrypted, or the next record.</summary>
    public int Read(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        if (_phase != Phase.Open)
        {
            return _phase == Phase.ReadClosed ? Closed : Failed;
        }

        LibCrypto.ERR_clear_error();
        int result;
        fixed (byte* data = buffer)
        {
            result = LibSsl.SSL_read(_ssl, data, buffer.Length);
        }

        if (result > 0)
        {
            _starved = false;
            return result;
        }

        result = Classify(result, Marshal.GetLastPInvokeError());
        _starved = result == WantRead;
        if (result == Closed)
        {
            _phase = Phase.ReadClosed;
        }

        return result;
    }

    /// <summary>Writes one record, so at most 16 KB; call again for the rest.</summary>
    public int Write(ReadOnlySpan<byte> buffer)
    {
        // A repeated write has exactly the length of its first try. Given more, OpenSSL would go on with further records and keep to
        // itself how many of them are out.
        var length = _unfinishedWrite != 0 ? _unfinishedWrite : Math.Min(buffer.Length, MaxRecordLength);
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, length);
        if (_phase is not (Phase.Open or Phase.ReadClosed))
        {
            return Failed;
        }

        LibCrypto.ERR_clear_error();
        int result;
        fixed (byte* data = buffer)
        {
            result = LibSsl.SSL_write(_ssl, data, length);
        }

        if (result > 0)
        {
            _unfinishedWrite = 0;
            return result;
        }

        _unfinishedWrite = length;
        result = Classify(result, Marshal.GetLastPInvokeError());
        return result == Closed ? Failed : result;
    }

    /// <summary>
    /// Whether a <see cref="Read"/> may answer bytes though the socket has none: to be asked before waiting for the socket without a
    /// buffer. False after a read that wanted more, even when half a record lies here.
    /// </summary>
    public bool Pending => !_starved && _phase == Phase.Open && LibSsl.SSL_has_pending(_ssl) == 1;

    /// <summary>Tells the peer that no more comes (close_notify), without waiting for its answer. Once, after the last write.</summary>
    public TlsStatus Shutdown()
    {
        if (_phase is not (Phase.Open or Phase.ReadClosed))
        {
            return TlsStatus.Failed;
        }

        LibCrypto.ERR_clear_error();
        var result = LibSsl.SSL_shutdown(_ssl);
        if (result >= 0)
        {
            return TlsStatus.Done;
        }

        return Classify(result, Marshal.GetLastPInvokeError()) switch
        {
            WantRead => TlsStatus.WantRead,
            WantWrite => TlsStatus.WantWrite,
            _ => TlsStatus.Failed,
        };
    }

    /// <summary>Frees the native side. Sends nothing and leaves the socket alone.</summary>
    public void Dispose()
    {
        if (_ssl != 0)
        {
            if (_phase is Phase.Open or Phase.ReadClosed)
            {
                _resumption?.Remember(_ssl);

                // Without this OpenSSL takes a connection that ended without close_notify for an attack and forgets its session.
                LibSsl.SSL_set_shutdown(_ssl, LibSsl.SentShutdown | LibSsl.ReceivedShutdown);
            }

            LibSsl.SSL_free(_ssl);
            _ssl = 0;
        }

        _phase = Phase.Disposed;
    }

    private bool Attach()
    {
        if (_ssl != 0 && LibSsl.SSL_set_fd(_ssl, _descriptor) == 1)
        {
            _phase = Phase.Handshaking;
            return true;
        }

        _errorCode = LibCrypto.ERR_get_error();
        _phase = Phase.Broken;
        return false;
    }

    private int Classify(int result, int errno)
    {
        switch (LibSsl.SSL_get_error(_ssl, result))
        {
            case LibSsl.ErrorWantRead:
                return WantRead;
            case LibSsl.ErrorWantWrite:
                return WantWrite;
            case LibSsl.ErrorZeroReturn:
                return Closed;
            case LibSsl.ErrorSyscall:
                _errno = errno;
                break;
        }

        _errorCode = LibCrypto.ERR_get_error();
        LibCrypto.ERR_clear_error();
        _phase = Phase.Broken;
        return Failed;
    }
}
