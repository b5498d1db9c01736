using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Portico.Services;

/// <summary>The addresses of this node, as its interfaces have them now.</summary>
public static class NodeAddresses
{
    /// <summary>Every address but loopback and link-local ones.</summary>
    public static IReadOnlyList<IPAddress> All() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up || i.OperationalStatus == OperationalStatus.Unknown)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal)
            .Distinct(),
    ];

    /// <summary>The address from which the node speaks to the outside: that of the default route, else the first one. Null when the node has none.</summary>
    public static IPAddress? Primary(IpFamily family)
    {
        using var probe = new Socket(family.Sockets(), SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // Connecting a datagram socket sends nothing: it looks the route up. The addresses are those of documentation.
            probe.Connect(new IPEndPoint(IPAddress.Parse(family == IpFamily.IPv4 ? "192.0.2.254" : "2001:db8::fffe"), 9));
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return All().FirstOrDefault(a => a.AddressFamily == family.Sockets());
        }
    }

    /// <summary>Whether the kernel speaks IPv6 at all.</summary>
    public static bool HasIPv6 => File.Exists("/proc/net/if_inet6") && Socket.OSSupportsIPv6 && !IsSwitchedOff("/proc/sys/net/ipv6/conf/all/disable_ipv6");

    /// <summary>Where to listen for every address of the families that there are.</summary>
    public static IPAddress Any => HasIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    private static bool IsSwitchedOff(string setting) => File.Exists(setting) && File.ReadAllText(setting).Trim() == "1";
}
