using System.Net;
using System.Net.Sockets;

namespace Portico.Demo;

/// <summary>Finds ports for the demo.</summary>
internal static class FreePort
{
    /// <summary>The preferred port when nobody has it, else one that the system gives.</summary>
    public static int Find(int preferred) => TryBind(preferred) ?? TryBind(0)!.Value;

    private static int? TryBind(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
