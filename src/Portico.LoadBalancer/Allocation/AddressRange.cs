using System.Globalization;

namespace Portico.LoadBalancer.Allocation;

/// <summary>Addresses of one family from the first to the last, both included.</summary>
internal readonly record struct AddressRange(Address First, Address Last)
{
    /// <summary>How many addresses there are, less one: all of IPv6 has no number otherwise.</summary>
    public UInt128 Span => Last.Value - First.Value;

    /// <summary>A CIDR, or <c>first-last</c> with spaces or without.</summary>
    /// <param name="problem">What is wrong when there is no result.</param>
    public static AddressRange? TryParse(string text, out string problem)
    {
        problem = "";
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var range = dash < 0 ? Network(text.Trim()) : Between(text[..dash].Trim(), text[(dash + 1)..].Trim());
        if (range is null)
        {
            problem = $"'{text}' is neither a CIDR (192.0.2.0/24) nor a range (192.0.2.10-192.0.2.50)";
        }
        else if (range.Value.First.CompareTo(range.Value.Last) > 0)
        {
            problem = $"'{text}' ends before it begins";
            range = null;
        }

        return range;
    }

    /// <summary>The network of this length that an address is in.</summary>
    public static AddressRange Around(Address address, int length)
    {
        var hosts = length == 0 && address.IsIPv6 ? UInt128.MaxValue : (UInt128.One << (address.Bits - length)) - 1;
        return new AddressRange(address with { Value = address.Value & ~hosts }, address with { Value = address.Value | hosts });
    }

    public bool Contains(Address address) =>
        address.IsIPv6 == First.IsIPv6 && address.Value >= First.Value && address.Value <= Last.Value;

    public bool Overlaps(AddressRange other) =>
        First.IsIPv6 == other.First.IsIPv6 && First.Value <= other.Last.Value && other.First.Value <= Last.Value;

    /// <summary>How many addresses Services may have.</summary>
    /// <param name="avoidBuggy">Whether those that <see cref="Address.IsBuggy"/> are left out.</param>
    public UInt128 Count(bool avoidBuggy)
    {
        if (First.IsIPv6 || !avoidBuggy)
        {
            return Span == UInt128.MaxValue ? Span : Span + 1;
        }

        var count = (long)(ulong)Span + 1;
        return (UInt128)(ulong)(count - EndingIn(0) - EndingIn(255));
    }

    public override string ToString() => $"{First}-{Last}";

    private long EndingIn(int last)
    {
        var (first, end) = ((long)(ulong)First.Value, (long)(ulong)Last.Value);
        return UpTo(end, last) - UpTo(first - 1, last);

        static long UpTo(long value, int last) => value < last ? 0 : ((value - last) / 256) + 1;
    }

    private static AddressRange? Between(string first, string last) =>
        Address.TryParse(first, out var from) && Address.TryParse(last, out var to) && from.IsIPv6 == to.IsIPv6 ? new AddressRange(from, to) : null;

    private static AddressRange? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !Address.TryParse(text[..slash], out var address)
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Bits)
        {
            return null;
        }

        return Around(address, length);
    }
}
