namespace Portico.Net;

/// <summary>A file descriptor that a shard's epoll watches. Owned by that shard; used on its thread only.</summary>
public abstract class EventSource
{
    internal int Fd = -1;

    /// <summary>Tells an event for this registration from a late one for an earlier user of the same descriptor number.</summary>
    internal uint Generation;

    internal abstract void OnEvents(uint events);
}
