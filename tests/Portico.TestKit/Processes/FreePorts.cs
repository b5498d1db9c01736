using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Portico.TestKit.Processes;

/// <summary>
/// Ports that nobody listens on. They are drawn below the range that the kernel gives to outgoing connections, so that the
/// thousands of connections of other tests cannot take one between its choice and the start of the program.
/// </summary>
public static class FreePorts
{
    private const int Lowest = 10_240;
    private static readonly int Highest = LowestOutgoingPort() - 1;
    private static readonly ConcurrentDictionary<int, bool> HandedOut = new();

    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(Lowest, Highest);
            if (HandedOut.TryAdd(port, true) && CanListen(port))
            {
                return port;
            }
        }
    }

    private static bool CanListen(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int LowestOutgoingPort()
    {
        var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t');
        return int.TryParse(range[0], out var lowest) && lowest > Lowest + 1000 ? lowest : 32_768;
    }
}
