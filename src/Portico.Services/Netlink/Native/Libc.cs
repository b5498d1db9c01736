using System.Runtime.InteropServices;

namespace Portico.Services.Netlink.Native;

/// <summary>Sockets of the family that .NET does not know. Results are the kernel's; errno by <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static partial class Libc
{
    /// <summary>AF_NETLINK</summary>
    public const int Netlink = 16;

    /// <summary>SOCK_RAW | SOCK_CLOEXEC</summary>
    public const int RawCloseOnExec = 3 | 0x80000;

    /// <summary>NETLINK_NETFILTER</summary>
    public const int Netfilter = 12;

    /// <summary>SOL_SOCKET, SO_RCVTIMEO, SO_SNDBUFFORCE</summary>
    public const int Socket = 1, ReceiveTimeout = 20, SendBufferForce = 32;

    /// <summary>SOL_NETLINK, NETLINK_CAP_ACK</summary>
    public const int NetlinkLevel = 270, ShortAcknowledgement = 10;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Open(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int socket);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, in TimeValue value, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, in int value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, ReadOnlySpan<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, Span<byte> bytes, nint length, int flags);

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeValue
    {
        public nint Seconds;
        public nint Microseconds;
    }
}
