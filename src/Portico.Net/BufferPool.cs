namespace Portico.Net;

/// <summary>
/// Free byte arrays of a shard in three sizes. Arrays are allocated pinned, so that they never move and the collector never copies
/// them. Used on the shard's thread only. Whoever rents a buffer returns it exactly once.
/// </summary>
public sealed class BufferPool
{
    /// <summary>Holds a usual request or response head.</summary>
    public const int SmallSize = 4 * 1024;

    /// <summary>One TLS record, or a usual body.</summary>
    public const int MediumSize = 16 * 1024;

    /// <summary>For bodies that flow.</summary>
    public const int LargeSize = 64 * 1024;

    private readonly Stack<byte[]> _small = new();
    private readonly Stack<byte[]> _medium = new();
    private readonly Stack<byte[]> _large = new();

    /// <summary>How many bytes the shard has handed out and not got back.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>A buffer of at least that many bytes; more than <see cref="LargeSize"/> is made to measure and not kept.</summary>
    public byte[] Rent(int atLeast)
    {
        var buffer = atLeast <= SmallSize ? Take(_small, SmallSize)
            : atLeast <= MediumSize ? Take(_medium, MediumSize)
            : atLeast <= LargeSize ? Take(_large, LargeSize)
            : GC.AllocateUninitializedArray<byte>(atLeast);
        RentedBytes += buffer.Length;
        return buffer;
    }

    public void Return(byte[] buffer)
    {
        RentedBytes -= buffer.Length;
        switch (buffer.Length)
        {
            case SmallSize:
                Keep(_small, buffer, 4096);
                break;
            case MediumSize:
                Keep(_medium, buffer, 1024);
                break;
            case LargeSize:
                Keep(_large, buffer, 256);
                break;
        }
    }

    private static byte[] Take(Stack<byte[]> free, int size) =>
        free.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size, pinned: true);

    private static void Keep(Stack<byte[]> free, byte[] buffer, int most)
    {
        if (free.Count < most)
        {
            free.Push(buffer);
        }
    }
}
