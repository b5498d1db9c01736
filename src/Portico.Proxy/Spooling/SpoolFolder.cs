using Portico.Net;

namespace Portico.Proxy.Spooling;

/// <summary>
/// Where bodies go that are too large for memory, and how much of them there may be in the whole process. Shared by all shards; files have no
/// name, so that nothing is left behind whatever becomes of the process.
/// </summary>
public sealed class SpoolFolder(string path, long quota)
{
    private long _used;
    private long _bodies;

    /// <summary>Four gibibytes.</summary>
    public const long UsualQuota = 4L << 30;

    public string Path => path;

    /// <summary>The most bytes that all bodies together may take.</summary>
    public long Quota => quota;

    /// <summary>Bytes taken now.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Bodies that went to disk since the start.</summary>
    public long Bodies => Interlocked.Read(ref _bodies);

    internal BodySpool Begin(Shard shard) => Begin(shard, quota);

    /// <summary>For a response. A request that finds no room fails, and a response only waits for its client: a quarter is left to requests.</summary>
    internal BodySpool BeginResponse(Shard shard) => Begin(shard, quota - (quota / 4));

    private BodySpool Begin(Shard shard, long most)
    {
        Interlocked.Increment(ref _bodies);
        return new BodySpool(this, shard, most);
    }

    /// <param name="most">What may be taken altogether afterwards.</param>
    internal bool TryTake(int bytes, long most)
    {
        if (Interlocked.Add(ref _used, bytes) <= most)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    internal void Give(long bytes) => Interlocked.Add(ref _used, -bytes);
}
