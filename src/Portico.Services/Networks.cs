using System.Net;

namespace Portico.Services;

internal static class Networks
{
    /// <summary>The same addresses in networks of which none is a part of another: the kernel refuses sets in which they overlap.</summary>
    public static IEnumerable<IPNetwork> Outermost(this IEnumerable<IPNetwork> networks)
    {
        var kept = new List<IPNetwork>();
        foreach (var network in networks.OrderBy(n => n.PrefixLength))
        {
            if (!kept.Exists(k => k.Contains(network.BaseAddress)))
            {
                kept.Add(network);
            }
        }

        return kept;
    }

    /// <summary>Those of the texts that are networks.</summary>
    public static IEnumerable<IPNetwork> In(IEnumerable<string> texts) =>
        texts.Select(text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>();

    /// <summary>The network of an address alone.</summary>
    public static IPNetwork OnlyOf(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

    /// <summary>The text in which nft tells it: an address alone is no network.</summary>
    public static string NftText(this IPNetwork network) => network.Equals(OnlyOf(network.BaseAddress)) ? network.BaseAddress.ToString() : network.ToString();
}
