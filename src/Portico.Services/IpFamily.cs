using System.Net;
using System.Net.Sockets;

namespace Portico.Services;

/// <summary>IPv4 or IPv6: each has a table of its own, and nothing of one is seen by the other.</summary>
public enum IpFamily
{
    IPv4,
    IPv6,
}

internal static class IpFamilies
{
    /// <summary>
    /// The canonical text of an address of that family; null for anything else. Of IPv4 only the usual form is one: of "010.0.0.1" nobody
    /// knows whether it is octal.
    /// </summary>
    public static string? Parse(this IpFamily family, string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == family.Sockets() && !text.Contains('%', StringComparison.Ordinal)
        && (family == IpFamily.IPv6 || address.ToString() == text)
            ? address.ToString()
            : null;

    public static AddressFamily Sockets(this IpFamily family) => family == IpFamily.IPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    /// <summary>The type of its addresses in the nft language.</summary>
    public static string NftAddressType(this IpFamily family) => family == IpFamily.IPv4 ? "ipv4_addr" : "ipv6_addr";

    /// <summary>The family's name in the nft language.</summary>
    public static string NftName(this IpFamily family) => family == IpFamily.IPv4 ? "ip" : "ip6";
}
