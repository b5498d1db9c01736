using System.Runtime.InteropServices;

namespace Portico.Proxy.Spooling.Native;

/// <summary>
/// Files without a name (Linux numbers for x86-64 and arm64, which agree on everything used). Called on the thread pool only. Nothing here
/// throws: results are counts and descriptors, or negative.
/// </summary>
internal static unsafe partial class SpoolFile
{
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int EINTR = 4;
    private const int ENOSPC = 28;
    private const int EDQUOT = 122;
    private const int EFBIG = 27;

    /// <summary>O_TMPFILE, which holds O_DIRECTORY; that bit is another one on arm64.</summary>
    private static readonly int WithoutName = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x404000 : 0x410000;

    /// <returns>A descriptor, or a negated errno.</returns>
    public static int Open(string folder)
    {
        var fd = open(folder, WithoutName | ReadWrite | CloseOnExec, OwnerOnly);
        if (fd >= 0)
        {
            return fd;
        }

        // Some file systems (overlays of older kernels, network ones) cannot do that: a name that lives for one moment.
        var template = Marshal.StringToCoTaskMemUTF8(Path.Combine(folder, "portico-XXXXXX"));
        fd = mkostemp((byte*)template, CloseOnExec);
        var error = Marshal.GetLastPInvokeError();
        if (fd >= 0)
        {
            _ = unlink((byte*)template);
        }

        Marshal.FreeCoTaskMem(template);
        return fd >= 0 ? fd : -error;
    }

    /// <returns>All the bytes, or a <see cref="SpoolStatus"/>.</returns>
    public static int Write(int fd, ReadOnlySpan<byte> bytes, long position)
    {
        var done = 0;
        fixed (byte* from = bytes)
        {
            while (done < bytes.Length)
            {
                var written = pwrite(fd, from + done, bytes.Length - done, position + done);
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (Marshal.GetLastPInvokeError() is not EINTR and var error)
                {
                    return StatusOf(-error);
                }
            }
        }

        return done;
    }

    /// <returns>The bytes read, or a <see cref="SpoolStatus"/>.</returns>
    public static int Read(int fd, Span<byte> bytes, long position)
    {
        fixed (byte* to = bytes)
        {
            while (true)
            {
                var read = pread(fd, to, bytes.Length, position);
                if (read >= 0)
                {
                    return (int)read;
                }

                if (Marshal.GetLastPInvokeError() != EINTR)
                {
                    return SpoolStatus.Failed;
                }
            }
        }
    }

    public static void Close(int fd) => _ = close(fd);

    /// <param name="result">A negated errno.</param>
    public static int StatusOf(int result) => -result is ENOSPC or EDQUOT or EFBIG ? SpoolStatus.Full : SpoolStatus.Failed;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkostemp(byte* template, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int fd, byte* buffer, nint count, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, byte* buffer, nint count, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);
}
