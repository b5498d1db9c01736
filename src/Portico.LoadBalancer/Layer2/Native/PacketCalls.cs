using System.Runtime.InteropServices;

namespace Portico.LoadBalancer.Layer2.Native;

/// <summary>The system calls for whole Ethernet frames (packet(7)). Errors are -1 with errno in the last P/Invoke error.</summary>
internal static unsafe partial class PacketCalls
{
    public const int AF_PACKET = 17;
    public const int SOCK_RAW = 3;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_ATTACH_FILTER = 26;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint recvfrom(int fd, byte* buffer, nuint length, int flags, LinkAddress* from, uint* fromLength);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint sendto(int fd, byte* buffer, nuint length, int flags, LinkAddress* to, uint toLength);

    /// <summary><c>struct sockaddr_ll</c></summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LinkAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int InterfaceIndex;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }

    /// <summary><c>struct sock_filter</c></summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterStep(ushort code, byte whenTrue, byte whenFalse, uint value)
    {
        public ushort Code = code;
        public byte WhenTrue = whenTrue;
        public byte WhenFalse = whenFalse;
        public uint Value = value;
    }

    /// <summary><c>struct sock_fprog</c></summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public ushort Length;
        public FilterStep* Steps;
    }
}
