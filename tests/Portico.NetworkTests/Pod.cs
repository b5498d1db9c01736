using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.NetworkTests;

/// <summary>Answers on TCP and UDP with its name (on another port than <see cref="Port"/> with that behind it) and the address that it sees the client under. A connection stays until the client ends it; each line gets the answer again.</summary>
internal sealed class Pod : IDisposable
{
    /// <summary>Where it answers.</summary>
    public const int Port = 8080;

    private const int OtherPort = 9090;

    private readonly List<Socket> _sockets = [];

    public Pod(string name, NetworkNamespace space)
    {
        foreach (var port in (int[])[Port, OtherPort])
        {
            var listener = space.Run(() => Bound(SocketType.Stream, ProtocolType.Tcp, port));
            listener.Listen(512);
            var said = port == Port ? name : $"{name}:{port}";
            _ = AcceptAsync(said, listener);
            _ = AnswerAsync(said, space.Run(() => Bound(SocketType.Dgram, ProtocolType.Udp, port)));
        }
    }

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    private Socket Bound(SocketType type, ProtocolType protocol, int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, type, protocol) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        _sockets.Add(socket);
        return socket;
    }

    private static async Task AcceptAsync(string name, Socket listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(name, await listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(string name, Socket client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[100];
                do
                {
                    await client.SendAsync(Answer(name, client.RemoteEndPoint!));
                }
                while (await client.ReceiveAsync(buffer) > 0);
            }
            catch (SocketException)
            {
                // The client went without a word.
            }
        }
    }

    private static async Task AnswerAsync(string name, Socket socket)
    {
        var buffer = new byte[100];
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.IPv6Any, 0));
                await socket.SendToAsync(Answer(name, got.RemoteEndPoint), got.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static byte[] Answer(string name, EndPoint peer)
    {
        var address = ((IPEndPoint)peer).Address;
        return Encoding.ASCII.GetBytes($"{name} {(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}\n");
    }
}
