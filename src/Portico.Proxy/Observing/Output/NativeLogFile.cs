using System.Runtime.InteropServices;

namespace Portico.Proxy.Observing.Output;

/// <summary>The system calls of log outputs. .NET's streams cannot append atomically (O_APPEND) nor tell how much a pipe took.</summary>
internal static partial class NativeLogFile
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EBADF = 9;

    private const int O_WRONLY = 0x1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const int O_CLOEXEC = 0x80000;
    private const int Mode = 0x1A4; // rw-r--r--

    /// <summary>A descriptor, or a negative errno.</summary>
    public static int OpenForAppend(string path)
    {
        var descriptor = Open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, Mode);
        return descriptor >= 0 ? descriptor : -Marshal.GetLastPInvokeError();
    }

    /// <summary>The number of bytes taken, or a negative errno.</summary>
    public static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var count = Write(descriptor, start, bytes.Length);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    public static void CloseDescriptor(int descriptor) => _ = Close(descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
