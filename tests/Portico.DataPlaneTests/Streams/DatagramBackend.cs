using System.Net;
using System.Net.Sockets;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests.Streams;

/// <summary>Sends every datagram back, as often as it is told.</summary>
internal sealed class DatagramBackend : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Task _answering;

    public DatagramBackend(int times, string suffix = "")
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _answering = AnswerAsync(times, Text.Bytes(suffix));
    }

    public ServiceEndpoint EndPoint => new("127.0.0.1", ((IPEndPoint)_socket.LocalEndPoint!).Port);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _answering;
    }

    private async Task AnswerAsync(int times, byte[] suffix)
    {
        var room = new byte[65_536];
        try
        {
            while (true)
            {
                var from = await _socket.ReceiveFromAsync(room, new IPEndPoint(IPAddress.Any, 0));
                byte[] answer = [.. room.AsSpan(0, from.ReceivedBytes), .. suffix];
                for (var i = 0; i < times; i++)
                {
                    await _socket.SendToAsync(answer, from.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }
}
