using System.Runtime.InteropServices;

namespace Portico.Net.Native;

/// <summary>The system calls of relays: pipes and splice(2), datagrams by the batch.</summary>
internal static unsafe partial class Libc
{
    public const int SOCK_DGRAM = 2;
    public const int ECONNREFUSED = 111;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int F_SETPIPE_SZ = 1031;
    public const uint SPLICE_F_MOVE = 1;
    public const uint SPLICE_F_NONBLOCK = 2;
    public const int MSG_DONTWAIT = 0x40;

    public const int IPPROTO_IP = 0;
    public const int IP_PKTINFO = 8;
    public const int IPV6_RECVPKTINFO = 49;
    public const int IPV6_PKTINFO = 50;

    public static int DatagramSocket(int family) => Result(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    /// <summary>Makes a pipe that never blocks: the end to read from, then the end to write to.</summary>
    public static int Pipe(int* ends) => Result(pipe2(ends, O_NONBLOCK | O_CLOEXEC));

    /// <summary>Asks for a larger pipe; who may not have it keeps the usual size.</summary>
    public static int SetPipeSize(int fd, int bytes) => Result(fcntl(fd, F_SETPIPE_SZ, bytes));

    public static int Splice(int from, int to, int count) => Result(splice(from, null, to, null, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));

    public static int ReceiveMany(int fd, MessageHeader* messages, int count) => Result(recvmmsg(fd, messages, (uint)count, MSG_DONTWAIT, null));

    public static int SendMany(int fd, MessageHeader* messages, int count) => Result(sendmmsg(fd, messages, (uint)count, MSG_DONTWAIT | MSG_NOSIGNAL));

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmmsg(int fd, MessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmmsg(int fd, MessageHeader* messages, uint count, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public byte* Base;
        public nint Length;
    }

    /// <summary>struct mmsghdr: a struct msghdr and the length of its message. The last two are ints with four bytes of padding behind each.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nint VectorCount;
        public byte* Control;
        public nint ControlLength;
        public nint Flags;

        /// <summary>Bytes received or sent.</summary>
        public nint Length;
    }
}
