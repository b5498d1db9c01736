namespace Portico.Net.Tls;

/// <summary>How far a handshake or a shutdown got.</summary>
public enum TlsStatus
{
    /// <summary>Finished.</summary>
    Done,

    /// <summary>Call again when the socket is readable.</summary>
    WantRead,

    /// <summary>Call again when the socket is writable.</summary>
    WantWrite,

    /// <summary>The peer closed before it was finished.</summary>
    Closed,

    /// <summary>The client does not speak TLS. Nothing was consumed: its bytes are still in the socket.</summary>
    PlainHttp,

    /// <summary>Over; <see cref="TlsSession.LastError"/> says why.</summary>
    Failed,
}
