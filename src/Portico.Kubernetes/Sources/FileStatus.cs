using System.Runtime.InteropServices;
using Portico.Kubernetes.Native;

namespace Portico.Kubernetes.Sources;

internal enum FileKind
{
    Missing,
    Regular,
    Folder,
    Link,
    Other,
}

/// <summary>The identity of a file or folder, whatever its path.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>
/// What the file system says about a path. Two equal values mean the same content, except for a file that was
/// written twice within one tick of the kernel's clock: see <see cref="IsRecent"/>.
/// </summary>
internal readonly record struct FileStatus(FileKind Kind, FileIdentity Identity, ulong Size, long Modified, long Changed, uint Links)
{
    public static readonly FileStatus Missing;

    /// <summary>Longer than a tick of the coarse clock that stamps files (10 ms at 100 Hz), with room.</summary>
    private const long RecentNanoseconds = 50_000_000;

    public static FileStatus Follow(string path) => Read(path, 0);

    public static FileStatus OfLink(string path) => Read(path, Libc.AT_SYMLINK_NOFOLLOW);

    /// <summary>True if a later write could still get the same time stamp. Only the kernel sets this one.</summary>
    public bool IsRecent()
    {
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return Math.Abs(now - Changed) < RecentNanoseconds;
    }

    private static unsafe FileStatus Read(string path, int flags)
    {
        Libc.Statx found;
        if (Libc.statx(Libc.AT_FDCWD, path, flags, Libc.STATX_BASIC_STATS, &found) != 0)
        {
            return Missing;
        }

        var kind = (found.Mode & Libc.S_IFMT) switch
        {
            Libc.S_IFREG => FileKind.Regular,
            Libc.S_IFDIR => FileKind.Folder,
            Libc.S_IFLNK => FileKind.Link,
            _ => FileKind.Other,
        };
        return new FileStatus(
            kind,
            new FileIdentity(((ulong)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode),
            found.Size,
            Nanoseconds(found.Modified),
            Nanoseconds(found.Changed),
            found.Links);
    }

    private static long Nanoseconds(Libc.StatxTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;

    /// <summary>Why the last call failed.</summary>
    public static string LastCause() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
