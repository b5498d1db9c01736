using System.Globalization;

namespace Portico.LoadBalancer.Layer2;

/// <summary>The six bytes of an Ethernet address, as a number.</summary>
internal readonly record struct MacAddress(ulong Value)
{
    public static readonly MacAddress Broadcast = new(0xFFFF_FFFF_FFFF);

    public static MacAddress Read(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var part in bytes[..6])
        {
            value = (value << 8) | part;
        }

        return new MacAddress(value);
    }

    /// <summary>The form of the kernel, <c>02:00:00:00:00:01</c>.</summary>
    public static bool TryParse(string text, out MacAddress address)
    {
        address = default;
        var hex = text.Trim().Replace(":", "", StringComparison.Ordinal);
        if (hex.Length != 12 || !ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        address = new MacAddress(value);
        return true;
    }

    public void Write(Span<byte> bytes)
    {
        for (var i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(Value >> (40 - (8 * i)));
        }
    }
}
