using System.Globalization;

namespace Portico.Services.Rules;

/// <summary>
/// The numbers that rules put into marks. A list's number is in the conntrack mark, an endpoint's (session affinity) in the packet's; both
/// only until the destination is chosen, then they are wiped, before any route is looked up. Bit 31 says that a mark is ours.
/// </summary>
internal static class Marks
{
    /// <summary>Bit 14 of the packet's mark: masquerade. The same as kube-proxy's, wiped when the packet leaves.</summary>
    public const uint Masquerade = 1u << 14;

    public const uint Ours = 1u << 31;

    /// <summary>In a list's number: the endpoints of this node.</summary>
    public const uint Local = 1u << 30;

    /// <summary>In the number of a list with affinity: the packet's mark, where an endpoint's number stands now, said <see cref="Masquerade"/>.</summary>
    public const uint Masqueraded = 1u << 29;

    /// <summary>How many lists there can be.</summary>
    public const uint Lists = 1u << 29;

    /// <summary>How many endpoints with affinity there can be at a time.</summary>
    public const uint Endpoints = 1u << 31;

    public static string Text(uint mark) => "0x" + mark.ToString("x8", CultureInfo.InvariantCulture);
}
