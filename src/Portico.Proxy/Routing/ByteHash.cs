namespace Portico.Proxy.Routing;

/// <summary>
/// FNV-1a over bytes, for the tables of this folder. A state can be carried on, so that all beginnings of a path are hashed in one pass.
/// </summary>
internal static class ByteHash
{
    public const uint Start = 2166136261;

    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            state = (state ^ b) * 16777619;
        }

        return state;
    }

    public static uint Of(ReadOnlySpan<byte> bytes) => Append(Start, bytes);
}
