using Portico.Net.Async;

namespace Portico.Net.Sockets;

/// <summary>One direction of a connection while somebody waits for it: for bytes of a buffer to move, or for readiness alone (no buffer).</summary>
internal sealed class SocketOperation : ShardWait
{
    public byte[]? Buffer { get; private set; }

    public int Offset { get; private set; }

    public int Count { get; private set; }

    /// <summary>Bytes already moved by the operation in hand.</summary>
    public int Progress { get; set; }

    /// <summary>Begins a wait for an operation on a piece of a buffer.</summary>
    public ValueTask<int> Begin(Shard shard, byte[] buffer, int offset, int count, int progress, TimeSpan limit)
    {
        var waiting = Begin(shard, limit);
        Buffer = buffer;
        Offset = offset;
        Count = count;
        Progress = progress;
        return waiting;
    }

    public override void Complete(int result)
    {
        Buffer = null;
        base.Complete(result);
    }
}
