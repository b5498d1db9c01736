using System.Net.Sockets;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests;

/// <summary>Keep-alive connections that all send before any of them reads, so that their exchanges interleave on the shard.</summary>
internal sealed class AllocationClients : IDisposable
{
    public const int Connections = 64;

    private readonly Socket[] _sockets;
    private readonly byte[] _request;
    private readonly byte[]? _end;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _responseLength;

    /// <param name="end">What every response ends with, where their lengths differ; null where the first one's length is that of all.</param>
    public AllocationClients(int port, byte[] request, byte[]? end = null)
    {
        _request = request;
        _end = end;
        _sockets = [.. Enumerable.Range(0, Connections).Select(_ => Connect(port))];
    }

    public long Responses { get; private set; }

    public void Run(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var socket in _sockets)
            {
                socket.Send(_request);
            }

            foreach (var socket in _sockets)
            {
                Receive(socket);
                Responses++;
            }
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Limits.Step.TotalMilliseconds,
            SendTimeout = (int)Limits.Step.TotalMilliseconds,
        };
        socket.Connect(System.Net.IPAddress.Loopback, port);
        return socket;
    }

    private void Receive(Socket socket)
    {
        var count = 0;
        do
        {
            var read = socket.Receive(_buffer, count, _buffer.Length - count, SocketFlags.None);
            Assert.True(read > 0, "the gateway closed the connection");
            count += read;
        }
        while (!IsWhole(socket, count));

        if (_end is null)
        {
            _responseLength = _responseLength == 0 ? count : _responseLength;
            Assert.Equal(_responseLength, count);
        }
    }

    /// <summary>The first response ends when nothing follows it.</summary>
    private bool IsWhole(Socket socket, int count) =>
        _end is not null ? _buffer.AsSpan(0, count).EndsWith(_end)
        : _responseLength == 0 ? !socket.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead)
        : count >= _responseLength;
}
