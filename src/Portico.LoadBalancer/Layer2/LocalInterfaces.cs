using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>An interface on which addresses can be announced.</summary>
/// <param name="LinkLocal">Its own IPv6 address of the link, from which neighbours are answered; null when it has none.</param>
internal sealed record LocalInterface(int Index, string Name, MacAddress Mac, Address? LinkLocal);

/// <summary>The interfaces of this machine that take part, as the kernel has them now.</summary>
internal static class LocalInterfaces
{
    private const int Up = 1;
    private const int HasBroadcast = 2;
    private const int NoArp = 0x80;

    public static IReadOnlyList<LocalInterface> Read(IReadOnlyList<Regex> exclusions)
    {
        var found = new List<LocalInterface>();
        foreach (var nic in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (!exclusions.Any(e => e.IsMatch(nic.Name)) && Of(nic) is { } usable)
            {
                found.Add(usable);
            }
        }

        return found;
    }

    private static LocalInterface? Of(NetworkInterface nic)
    {
        var folder = Path.Combine("/sys/class/net", nic.Name);
        // Part of a bridge or a bond: that one answers.
        if (Path.Exists(Path.Combine(folder, "master")) || !TryFlags(folder, out var flags) || (flags & (Up | HasBroadcast | NoArp)) != (Up | HasBroadcast))
        {
            return null;
        }

        if (!MacAddress.TryParse(nic.GetPhysicalAddress().ToString(), out var mac)
            || !int.TryParse(ReadText(folder, "ifindex"), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return null;
        }

        var own = nic.GetIPProperties().UnicastAddresses.Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetworkV6 && a.IsIPv6LinkLocal);
        return new LocalInterface(index, nic.Name, mac, own is null ? null : Address.From(own));
    }

    private static bool TryFlags(string folder, out int flags)
    {
        var text = ReadText(folder, "flags");
        flags = 0;
        return text.StartsWith("0x", StringComparison.Ordinal) && int.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out flags);
    }

    private static string ReadText(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It went away in between.
            return "";
        }
    }
}
