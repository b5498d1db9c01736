using System.Runtime.InteropServices;
using System.Text;
using Portico.Kubernetes.Native;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// inotify(7). A file counts when its writer closes it or when it is renamed into place, not with every write.
/// FileSystemWatcher knows neither IN_CLOSE_WRITE nor a way to be told which watch could not be added.
/// </summary>
internal sealed unsafe class Inotify : IFileNotifier
{
    private const uint AddToMask = 0x20000000;
    private const uint OnlyFolders = 0x01000000;
    private const uint NoUnlinked = 0x04000000;

    private const uint Watched = (uint)(FileEvents.AttributesChanged | FileEvents.ClosedAfterWriting | FileEvents.MovedFrom
        | FileEvents.MovedTo | FileEvents.Created | FileEvents.Deleted | FileEvents.FolderDeleted | FileEvents.FolderMoved);

    private readonly int _inotify;
    private readonly int _wake;
    private readonly byte[] _buffer = new byte[64 * 1024];

    private Inotify(int inotify, int wake) => (_inotify, _wake) = (inotify, wake);

    public string? Unavailable => null;

    public static IFileNotifier Open()
    {
        var inotify = Libc.inotify_init1(Libc.IN_NONBLOCK | Libc.IN_CLOEXEC);
        if (inotify < 0)
        {
            return new NoNotifier(FileStatus.LastCause());
        }

        var wake = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
        if (wake < 0)
        {
            var cause = FileStatus.LastCause();
            _ = Libc.close(inotify);
            return new NoNotifier(cause);
        }

        return new Inotify(inotify, wake);
    }

    public int Add(string folder) => Libc.inotify_add_watch(_inotify, folder, Watched | AddToMask | OnlyFolders | NoUnlinked);

    public void Remove(int watch) => _ = Libc.inotify_rm_watch(_inotify, watch);

    public bool Wait(TimeSpan longest, List<FileEvent> events)
    {
        var fds = stackalloc Libc.PollFd[2];
        fds[0] = new Libc.PollFd { Fd = _inotify, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
        var milliseconds = (int)Math.Clamp(Math.Ceiling(longest.TotalMilliseconds), 0, int.MaxValue);
        if (Libc.poll(fds, 2, milliseconds) <= 0)
        {
            return false;
        }

        if (fds[1].Revents != 0)
        {
            ulong count;
            _ = Libc.read(_wake, (byte*)&count, sizeof(ulong));
        }

        return fds[0].Revents != 0 && ReadEvents(events);
    }

    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Libc.close(_inotify);
        _ = Libc.close(_wake);
    }

    private bool ReadEvents(List<FileEvent> events)
    {
        var before = events.Count;
        fixed (byte* buffer = _buffer)
        {
            // Ends with EAGAIN when the queue is empty.
            nint length;
            while ((length = Libc.read(_inotify, buffer, _buffer.Length)) > 0)
            {
                for (nint at = 0; at < length;)
                {
                    var header = MemoryMarshal.Read<Libc.InotifyEvent>(_buffer.AsSpan((int)at));
                    at += sizeof(Libc.InotifyEvent);
                    var name = _buffer.AsSpan((int)at, (int)header.NameLength);
                    events.Add(new FileEvent(header.WatchDescriptor, (FileEvents)header.Mask, Encoding.UTF8.GetString(name.TrimEnd((byte)0))));
                    at += (nint)header.NameLength;
                }
            }
        }

        return events.Count > before;
    }
}
