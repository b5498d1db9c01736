using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests;

/// <summary>What the gateway keeps for who says nothing: of the heap of this process, in which client and backend live, too.</summary>
[Collection(Alone.Name)]
public class IdleMemoryTests
{
    private const int Count = 500;

    /// <summary>The other tests' leavings are collected while this one measures.</summary>
    private const int Attempts = 5;

    [Theory]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\n", "HTTP/1.1 101", 4096)]
    [InlineData("", "HTTP/1.1 200", 2560)]
    public async Task An_idle_connection_keeps_no_buffer_and_no_exchange(string header, string expected, long limit)
    {
        var request = Text.Bytes($"GET /chat HTTP/1.1\r\nHost: cafe.example.com\r\nUser-Agent: {new string('u', 500)}\r\n{header}\r\n");
        await using var gateway = await AllocationGateway.StartAsync(AllocationBackend.Answer.Nothing);
        var each = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && each > limit; attempt++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var clients = Enumerable.Range(0, Count).Select(_ => Open(gateway.Port, request, expected)).ToArray();
            each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
            foreach (var client in clients)
            {
                client.Dispose();
            }
        }

        Assert.InRange(each, 0, limit);
    }

    private static Socket Open(int port, byte[] request, string expected)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Limits.Step.TotalMilliseconds };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send(request);
        var received = "";
        var buffer = new byte[1024];
        while (!received.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            received += Text.Of(buffer.AsSpan(0, socket.Receive(buffer)));
        }

        Assert.StartsWith(expected, received, StringComparison.Ordinal);
        return socket;
    }
}
