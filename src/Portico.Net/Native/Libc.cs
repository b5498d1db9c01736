using System.Runtime.InteropServices;

namespace Portico.Net.Native;

/// <summary>
/// The system calls of the data plane. Each returns its result, or the negated errno; nothing here throws.
/// Linux numbers for x86-64 and arm64, which agree on everything used.
/// </summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EMFILE = 24;
    public const int ENFILE = 23;
    public const int ENOBUFS = 105;
    public const int ENOMEM = 12;
    public const int ECONNABORTED = 103;
    public const int EPROTO = 71;
    public const int ETIMEDOUT = 110;
    public const int EINPROGRESS = 115;
    public const int ECANCELED = 125;
    public const int ECONNRESET = 104;

    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;

    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_ERROR = 4;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;

    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_PEEK = 2;
    public const int SHUT_WR = 1;

    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const int CLOCK_MONOTONIC = 1;
    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLET = 1u << 31;

    public static int Receive(int fd, byte* buffer, nint count, int flags = 0) => Result(recv(fd, buffer, count, flags));

    public static int Send(int fd, byte* buffer, nint count) => Result(send(fd, buffer, count, MSG_NOSIGNAL));

    public static int Accept(int fd, byte* address, int* addressLength) =>
        Result(accept4(fd, address, addressLength, SOCK_NONBLOCK | SOCK_CLOEXEC));

    public static int Socket(int family) => Result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    public static int Bind(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = address)
        {
            return Result(bind(fd, p, address.Length));
        }
    }

    public static int Listen(int fd, int backlog) => Result(listen(fd, backlog));

    public static int Connect(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = address)
        {
            return Result(connect(fd, p, address.Length));
        }
    }

    public static int GetLocalAddress(int fd, Span<byte> address)
    {
        var length = address.Length;
        fixed (byte* p = address)
        {
            var result = Result(getsockname(fd, p, &length));
            return result < 0 ? result : length;
        }
    }

    public static int SetOption(int fd, int level, int option, int value) =>
        Result(setsockopt(fd, level, option, &value, sizeof(int)));

    /// <summary>Makes close send a reset instead of finishing politely.</summary>
    public static int SetResetOnClose(int fd)
    {
        var linger = stackalloc int[] { 1, 0 };
        return Result(setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int)));
    }

    /// <summary>The pending error of a socket as a negated errno, or zero.</summary>
    public static int TakeError(int fd)
    {
        int error;
        var length = sizeof(int);
        var result = Result(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
        return result < 0 ? result : -error;
    }

    public static int Shutdown(int fd, int how) => Result(shutdown(fd, how));

    public static int Close(int fd) => Result(close(fd));

    public static int EpollCreate() => Result(epoll_create1(SOCK_CLOEXEC));

    public static int EpollControl(int epoll, int operation, int fd, byte* epollEvent) => Result(epoll_ctl(epoll, operation, fd, epollEvent));

    public static int EpollWait(int epoll, byte* events, int capacity, int timeoutMilliseconds) =>
        Result(epoll_wait(epoll, events, capacity, timeoutMilliseconds));

    public static int EventFd() => Result(eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC));

    public static int ReadCounter(int fd)
    {
        ulong value;
        return Result(read(fd, &value, sizeof(ulong)));
    }

    public static int AddToCounter(int fd)
    {
        ulong value = 1;
        return Result(write(fd, &value, sizeof(ulong)));
    }

    /// <summary>A descriptor that tells when a time has passed, on the clock that never goes back.</summary>
    public static int Timer() => Result(timerfd_create(CLOCK_MONOTONIC, SOCK_NONBLOCK | SOCK_CLOEXEC));

    /// <summary>Sets a timer's descriptor to ring once.</summary>
    /// <param name="timer">From <see cref="Timer"/>.</param>
    /// <param name="delay">From now; at least a nanosecond, less than a second.</param>
    public static int SetTimer(int timer, TimeSpan delay)
    {
        // struct itimerspec: the interval, then the first time; seconds and nanoseconds each.
        var setting = stackalloc long[4] { 0, 0, 0, Math.Max(1, (long)delay.TotalNanoseconds) };
        return Result(timerfd_settime(timer, 0, setting, null));
    }

    public static string Describe(int negatedErrno) => Marshal.GetPInvokeErrorMessage(-negatedErrno);

    private static int Result(nint result) => result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* buffer, nint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int fd, byte* address, int* addressLength, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockname(int fd, byte* address, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int fd, int level, int option, int* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int fd, int level, int option, int* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* events, int capacity, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(int timer, int flags, long* setting, long* former);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, void* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, void* buffer, nint count);
}
