using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>The way to an open session: on the server's side a look at the first byte, then OpenSSL's handshake with our callbacks.</summary>
public sealed unsafe partial class TlsSession
{
    private const byte HandshakeRecord = 0x16;
    private const byte Ssl2RecordFlag = 0x80;

    [ThreadStatic]
    private static TlsSession? t_inHandshake;

    /// <summary>The session whose handshake runs on this thread right now: what OpenSSL's callbacks are about.</summary>
    internal static TlsSession? InHandshake => t_inHandshake;

    public TlsStatus Handshake()
    {
        if (_phase == Phase.Waiting)
        {
            var status = LookAtFirstByte();
            if (status != TlsStatus.Done)
            {
                return status;
            }
        }

        if (_phase != Phase.Handshaking)
        {
            return _phase is Phase.Broken or Phase.Disposed ? TlsStatus.Failed : TlsStatus.Done;
        }

        LibCrypto.ERR_clear_error();
        t_inHandshake = this;
        var result = LibSsl.SSL_do_handshake(_ssl);
        t_inHandshake = null;
        if (result == 1)
        {
            _phase = Phase.Open;
            return TlsStatus.Done;
        }

        switch (Classify(result, Marshal.GetLastPInvokeError()))
        {
            case WantRead:
                return TlsStatus.WantRead;
            case WantWrite:
                return TlsStatus.WantWrite;
            case Closed:
                _phase = Phase.Broken;
                return TlsStatus.Closed;
            default:
                return TlsStatus.Failed;
        }
    }

    /// <summary>Called inside the handshake: why we end it, for <see cref="LastError"/>.</summary>
    internal void Refuse(string reason) => _refusal = reason;

    // As nginx does it: anything that is not the beginning of a TLS (or SSL 2) handshake is taken for plain HTTP.
    private TlsStatus LookAtFirstByte()
    {
        byte first;
        nint received;
        do
        {
            received = LibC.recv(_descriptor, &first, 1, LibC.MsgPeek | LibC.MsgDontWait);
        }
        while (received < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);

        switch (received)
        {
            case 0:
                _phase = Phase.Broken;
                return TlsStatus.Closed;
            case < 0 when Marshal.GetLastPInvokeError() == LibC.EAGAIN:
                return TlsStatus.WantRead;
            case < 0:
                _errno = Marshal.GetLastPInvokeError();
                _phase = Phase.Broken;
                return TlsStatus.Failed;
        }

        if (first != HandshakeRecord && (first & Ssl2RecordFlag) == 0)
        {
            return TlsStatus.PlainHttp;
        }

        LibCrypto.ERR_clear_error();
        _ssl = ServerContext!.NewSession();
        if (!Attach())
        {
            return TlsStatus.Failed;
        }

        LibSsl.SSL_set_accept_state(_ssl);
        return TlsStatus.Done;
    }
}
