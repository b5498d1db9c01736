using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>The one socket call that TLS makes itself: a look at the first byte before OpenSSL consumes it.</summary>
internal static unsafe partial class LibC
{
    public const int MsgPeek = 0x2;
    public const int MsgDontWait = 0x40;

    public const int EINTR = 4;
    public const int EAGAIN = 11;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(int descriptor, byte* buffer, nuint length, int flags);
}
