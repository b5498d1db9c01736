using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Spooling;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// What a backend has sent of a response and its client has not taken: first in memory, then on disk, given back in the order it came. While
/// something is on disk all that follows goes there. One task adds and another takes, both on the shard's thread. Reused by later exchanges.
/// </summary>
internal sealed class ReadAhead(Shard shard, SpoolFolder folder)
{
    private readonly Queue<(byte[] Buffer, int Count)> _full = new();
    private byte[]? _filling;
    private int _filled;
    private long _inMemory;
    private long _mostInMemory;
    private long _mostOnDisk;
    private BodySpool? _spool;
    private long _spoolPosition;
    private byte[]? _piece;

    /// <summary>Whether everything that was added has been taken.</summary>
    public bool IsEmpty => _inMemory == 0 && IsDiskEmpty;

    /// <summary>The piece that was taken last, from <see cref="BodyRoom.Before"/> on; its owner until <see cref="ReleasePiece"/>.</summary>
    public byte[] Piece => _piece!;

    private bool IsDiskEmpty => _spool is null || _spoolPosition == _spool.Length;

    public void Begin(long mostInMemory, long mostOnDisk)
    {
        _mostInMemory = mostInMemory;
        _mostOnDisk = mostOnDisk;
    }

    /// <summary>Adds a piece, which may be used again when this has ended.</summary>
    /// <returns>False when there is no room for it, and it was not taken.</returns>
    public ValueTask<bool> AddAsync(byte[] buffer, int start, int count)
    {
        if (IsDiskEmpty && _inMemory + count <= _mostInMemory)
        {
            ReleaseSpool();
            Copy(buffer.AsSpan(start, count));
            return new ValueTask<bool>(true);
        }

        return (_spool?.Length ?? 0) + count <= _mostOnDisk ? AppendAsync(buffer, start, count) : new ValueTask<bool>(false);
    }

    /// <summary>Takes the next piece.</summary>
    /// <returns>Its length; zero when there is none; negative when the disk has failed.</returns>
    public ValueTask<int> TakeAsync()
    {
        if (_full.TryDequeue(out var first))
        {
            _piece = first.Buffer;
            _inMemory -= first.Count;
            return new ValueTask<int>(first.Count);
        }

        if (_filled > 0)
        {
            var count = _filled;
            _piece = _filling;
            _filling = null;
            _filled = 0;
            _inMemory -= count;
            return new ValueTask<int>(count);
        }

        return IsDiskEmpty ? new ValueTask<int>(0) : ReadAsync();
    }

    public void ReleasePiece()
    {
        if (_piece is { } piece)
        {
            _piece = null;
            shard.Buffers.Return(piece);
        }
    }

    /// <summary>Lets everything go. Nobody adds or takes any more.</summary>
    public void End()
    {
        ReleasePiece();
        while (_full.TryDequeue(out var left))
        {
            shard.Buffers.Return(left.Buffer);
        }

        if (_filling is { } filling)
        {
            _filling = null;
            shard.Buffers.Return(filling);
        }

        _filled = 0;
        _inMemory = 0;
        ReleaseSpool();
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        _inMemory += bytes.Length;
        while (bytes.Length > 0)
        {
            _filling ??= shard.Buffers.Rent(BufferPool.LargeSize);
            var room = _filling.AsSpan(BodyRoom.Before, _filling.Length - BodyRoom.Before - BodyRoom.After)[_filled..];
            var taken = Math.Min(room.Length, bytes.Length);
            bytes[..taken].CopyTo(room);
            _filled += taken;
            bytes = bytes[taken..];
            if (taken == room.Length)
            {
                _full.Enqueue((_filling, _filled));
                _filling = null;
                _filled = 0;
            }
        }
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> AppendAsync(byte[] buffer, int start, int count)
    {
        _spool ??= folder.BeginResponse(shard);
        return await _spool.AppendAsync(buffer, start, count) == count;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync()
    {
        _piece = shard.Buffers.Rent(BufferPool.LargeSize);
        var count = await _spool!.ReadAsync(_spoolPosition, _piece, BodyRoom.Before, _piece.Length - BodyRoom.Before - BodyRoom.After);
        _spoolPosition += Math.Max(0, count);
        return count == 0 ? SpoolStatus.Failed : count;
    }

    private void ReleaseSpool()
    {
        _spool?.Close();
        _spool = null;
        _spoolPosition = 0;
    }
}
