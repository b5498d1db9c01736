namespace Portico.Services.Netlink;

/// <summary>Reads attributes (linux/netlink.h): length, type, value, padded to four bytes. What is cut short is passed over.</summary>
internal static class NetlinkAttribute
{
    private const ushort TypeMask = 0x3fff;

    /// <summary>The value of an attribute; empty when it is not there.</summary>
    public static ReadOnlyMemory<byte> Find(ReadOnlyMemory<byte> attributes, ushort type)
    {
        var whole = FindWhole(attributes, type);
        return whole.Length > 4 ? whole[4..] : default;
    }

    /// <summary>The attribute with its header.</summary>
    public static ReadOnlyMemory<byte> FindWhole(ReadOnlyMemory<byte> attributes, ushort type)
    {
        for (var at = 0; at + 4 <= attributes.Length;)
        {
            var length = BitConverter.ToUInt16(attributes.Span[at..]);
            if (length < 4 || at + length > attributes.Length)
            {
                break;
            }

            if ((BitConverter.ToUInt16(attributes.Span[(at + 2)..]) & TypeMask) == type)
            {
                return attributes.Slice(at, length);
            }

            at += (length + 3) & ~3;
        }

        return default;
    }
}
