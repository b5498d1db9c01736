using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Portico.TestKit.Wire;

/// <summary>
/// Looks at the other end of a loopback connection in /proc/net/tcp. That is how a test knows that the gateway has taken
/// the first part of a request out of its socket, so that the second part really arrives in a read of its own.
/// </summary>
internal static class PeerSocket
{
    /// <summary>A gateway may rightly stop reading (back-pressure, an error answered): then the wait ends by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    public static async Task WaitUntilReadAsync(Socket socket)
    {
        var line = $"{Hex((IPEndPoint)socket.RemoteEndPoint!)} {Hex((IPEndPoint)socket.LocalEndPoint!)} ";
        var started = Stopwatch.GetTimestamp();
        while (ReceiveQueue(line) > 0 && Stopwatch.GetElapsedTime(started) < Patience)
        {
            await Task.Yield();
        }
    }

    private static string Hex(IPEndPoint end) =>
        string.Create(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(end.Address.GetAddressBytes()):X8}:{end.Port:X4}");

    // "  12: 0100007F:1F90 0100007F:D431 01 00000000:00000000 ...": local, remote, state, tx_queue:rx_queue.
    private static long ReceiveQueue(string addresses)
    {
        foreach (var line in File.ReadLines("/proc/net/tcp"))
        {
            var at = line.IndexOf(addresses, StringComparison.Ordinal);
            if (at >= 0)
            {
                return long.Parse(line.AsSpan(at + addresses.Length + 12, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }
}
