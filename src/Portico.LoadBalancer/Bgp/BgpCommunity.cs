using System.Globalization;

namespace Portico.LoadBalancer.Bgp;

/// <summary>A mark that routers act upon: <c>64512:7</c> (RFC 1997) or <c>large:64512:1:2</c> (RFC 8092).</summary>
/// <param name="Text">As FRR writes it, without the word <c>large</c>.</param>
internal readonly record struct BgpCommunity(bool IsLarge, string Text) : IComparable<BgpCommunity>
{
    public static BgpCommunity? TryParse(string text)
    {
        var parts = text.Split(':');
        return parts is ["large", _, _, _] && parts.Skip(1).All(p => IsNumber(p, uint.MaxValue)) ? new BgpCommunity(true, string.Join(':', parts[1..]))
            : parts.Length == 2 && parts.All(p => IsNumber(p, ushort.MaxValue)) ? new BgpCommunity(false, text)
            : null;
    }

    public int CompareTo(BgpCommunity other) => IsLarge != other.IsLarge ? IsLarge.CompareTo(other.IsLarge) : string.CompareOrdinal(Text, other.Text);

    private static bool IsNumber(string text, uint most) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most && text == number.ToString(CultureInfo.InvariantCulture);
}
