using System.Text;

namespace Portico.Services.Netlink;

/// <summary>Reads and makes attributes (linux/netlink.h): length, type, value, padded to four bytes. What is cut short is passed over.</summary>
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
        while (Next(ref attributes, out var found) is { Length: > 0 } whole)
        {
            if (found == type)
            {
                return whole;
            }
        }

        return default;
    }

    /// <summary>The first attribute with its header, which is taken away from the rest; empty when there is none.</summary>
    public static ReadOnlyMemory<byte> Next(ref ReadOnlyMemory<byte> rest, out ushort type)
    {
        type = 0;
        if (rest.Length < 4 || BitConverter.ToUInt16(rest.Span) is var length && (length < 4 || length > rest.Length))
        {
            return default;
        }

        type = (ushort)(BitConverter.ToUInt16(rest.Span[2..]) & TypeMask);
        var whole = rest[..length];
        rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        return whole;
    }

    /// <summary>An attribute with a text, which has a zero at its end.</summary>
    public static byte[] OfText(ushort type, string text)
    {
        var attribute = new byte[(4 + text.Length + 1 + 3) & ~3];
        BitConverter.TryWriteBytes(attribute, (ushort)(4 + text.Length + 1));
        BitConverter.TryWriteBytes(attribute.AsSpan(2), type);
        Encoding.ASCII.GetBytes(text, attribute.AsSpan(4));
        return attribute;
    }
}
