using Portico.Net;
using Portico.Proxy.Spooling.Native;

namespace Portico.Proxy.Spooling;

/// <summary>
/// One body on disk, in a file without a name. Owned by one exchange and used on its shard's thread; what it held may be read while more is
/// added, one step of each kind at a time.
/// </summary>
/// <param name="most">What all bodies together may take when a piece of this one is added.</param>
internal sealed class BodySpool(SpoolFolder folder, Shard shard, long most) : IThreadPoolWorkItem
{
    private readonly SpoolFolder _folder = folder;
    private int _fd = -1;
    private AppendStep? _append;
    private ReadStep? _read;

    /// <summary>Bytes in the file.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a piece at the end. The buffer must not be touched before the end of it.</summary>
    /// <returns>The bytes written; <see cref="SpoolStatus.Full"/> or <see cref="SpoolStatus.Failed"/>.</returns>
    public ValueTask<int> AppendAsync(byte[] buffer, int offset, int count)
    {
        if (count == 0)
        {
            return new ValueTask<int>(0);
        }

        _append ??= new AppendStep(this, shard);
        return _folder.TryTake(count, most) ? _append.Begin(buffer, offset, count, Length) : new ValueTask<int>(SpoolStatus.Full);
    }

    /// <summary>Reads up to <paramref name="count"/> bytes from a position.</summary>
    /// <returns>The bytes read, zero at the end; <see cref="SpoolStatus.Failed"/>.</returns>
    public ValueTask<int> ReadAsync(long position, byte[] buffer, int offset, int count)
    {
        _read ??= new ReadStep(this, shard);
        return _read.Begin(buffer, offset, count, position);
    }

    /// <summary>Frees the file and its share of the quota. No step may be under way: its file is left to the end of the process then.</summary>
    public void Close()
    {
        if (_append is { IsUnderWay: true } || _read is { IsUnderWay: true })
        {
            return;
        }

        if (_fd >= 0)
        {
            // Freeing the blocks of a large file takes its time as well.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            _folder.Give(Length);
            Length = 0;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        SpoolFile.Close(_fd);
        _folder.Give(Length);
    }

    private sealed class AppendStep(BodySpool spool, Shard shard) : SpoolStep(shard)
    {
        protected override int Make(Span<byte> bytes, long position)
        {
            if (spool._fd < 0)
            {
                var fd = SpoolFile.Open(spool._folder.Path);
                if (fd < 0)
                {
                    return SpoolFile.StatusOf(fd);
                }

                spool._fd = fd;
            }

            return SpoolFile.Write(spool._fd, bytes, position);
        }

        protected override void Ended(int result, int count)
        {
            if (result == count)
            {
                spool.Length += count;
            }
            else
            {
                spool._folder.Give(count);
            }
        }
    }

    private sealed class ReadStep(BodySpool spool, Shard shard) : SpoolStep(shard)
    {
        protected override int Make(Span<byte> bytes, long position) => SpoolFile.Read(spool._fd, bytes, position);
    }
}

/// <summary>How steps of a spool fail.</summary>
internal static class SpoolStatus
{
    /// <summary>The quota of the process, or the disk, is used up.</summary>
    public const int Full = -1;

    /// <summary>The folder cannot be written, or the disk fails.</summary>
    public const int Failed = -2;
}
