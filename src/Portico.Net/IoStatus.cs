using Portico.Net.Native;

namespace Portico.Net;

/// <summary>
/// How an operation on a connection ended: a positive number of bytes, or one of these. Failures of a peer are values, never exceptions.
/// </summary>
public static class IoStatus
{
    /// <summary>The peer finished sending.</summary>
    public const int End = 0;

    public const int TimedOut = -Libc.ETIMEDOUT;

    /// <summary>The connection was closed on our side while the operation was under way.</summary>
    public const int Canceled = -Libc.ECANCELED;

    public const int Reset = -Libc.ECONNRESET;

    /// <summary>The TLS layer refused the bytes.</summary>
    public const int TlsError = -10_000;

    /// <summary>The operation cannot go on now; it is repeated when the socket is ready. Never seen by callers.</summary>
    internal const int WouldBlock = -Libc.EAGAIN;

    public static bool IsError(int status) => status < 0;

    /// <summary>A negative status in words.</summary>
    public static string Describe(int status) => status switch
    {
        TimedOut => "timed out",
        Canceled => "canceled",
        TlsError => "TLS error",
        _ => Libc.Describe(status),
    };
}
