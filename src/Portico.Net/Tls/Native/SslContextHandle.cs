using Microsoft.Win32.SafeHandles;

namespace Portico.Net.Tls.Native;

/// <summary>
/// An <c>SSL_CTX</c>. Freed by the finalizer, never by hand: a shard may be about to open a session on it, and OpenSSL keeps its own
/// count for sessions that exist.
/// </summary>
internal sealed class SslContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private static int s_live;

    public SslContextHandle(nint context)
        : base(ownsHandle: true)
    {
        SetHandle(context);
        if (!IsInvalid)
        {
            Interlocked.Increment(ref s_live);
        }
    }

    /// <summary>How many contexts exist in the process.</summary>
    public static int Live => Volatile.Read(ref s_live);

    protected override bool ReleaseHandle()
    {
        LibSsl.SSL_CTX_free(handle);
        Interlocked.Decrement(ref s_live);
        return true;
    }
}
