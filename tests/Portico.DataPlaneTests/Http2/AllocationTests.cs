using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>A stream allocates nothing in the steady state, measured on the shard's own thread as for HTTP/1.1.</summary>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    private const int Connections = 8;
    private const int StreamsAtOnce = 8;
    private const int WarmUpRounds = 60;
    private const int Rounds = 150;
    private const int Attempts = 5;
    private const long UncollectedBytes = 128 << 20;

    public static TheoryData<string, bool, AllocationBackend.Answer> Exchanges => new()
    {
        { "a GET", false, AllocationBackend.Answer.Announced },
        { "a GET with an answer of unknown length", false, AllocationBackend.Answer.Chunked },
        { "a GET whose answer pauses", false, AllocationBackend.Answer.Pausing },
        { "a POST", true, AllocationBackend.Answer.Announced },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_stream_allocates_nothing_in_the_steady_state(string name, bool hasBody, AllocationBackend.Answer answer)
    {
        await using var gateway = await AllocationGateway.StartAsync(answer);
        var clients = Enumerable.Range(0, Connections).Select(_ => new Client(gateway.Port, hasBody)).ToArray();
        Run(clients, WarmUpRounds);
        var perStream = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && perStream >= 0.5; attempt++)
        {
            Assert.True(GC.TryStartNoGCRegion(UncollectedBytes));
            var idle = await gateway.AllocatedOnShardAsync();
            var before = await gateway.AllocatedOnShardAsync();
            Run(clients, Rounds);
            var after = await gateway.AllocatedOnShardAsync();
            GC.EndNoGCRegion();
            // Asking allocates, too: always the same.
            perStream = (double)(after - before - (before - idle)) / (Rounds * Connections * StreamsAtOnce);
        }

        Assert.True(perStream < 0.5, $"{name}: {perStream:F2} bytes a stream");
        Assert.Equal("", gateway.Errors);
        foreach (var client in clients)
        {
            client.Dispose();
        }
    }

    private static void Run(Client[] clients, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var client in clients)
            {
                client.Send();
            }

            foreach (var client in clients)
            {
                client.Receive();
            }
        }
    }

    /// <summary>Opens some streams with one write and reads until all have ended; looks at nothing but frame headers.</summary>
    private sealed class Client : IDisposable
    {
        private readonly Socket _socket;
        private readonly bool _hasBody;
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _filled;
        private int _nextStream = 1;

        public Client(int port, bool hasBody)
        {
            _hasBody = hasBody;
            _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true,
                ReceiveTimeout = (int)Limits.Step.TotalMilliseconds,
                SendTimeout = (int)Limits.Step.TotalMilliseconds,
            };
            _socket.Connect(IPAddress.Loopback, port);
            // A window of the connection that lasts for the whole test.
            _socket.Send(new Http2Bytes().Raw(Text.Bytes(Http2Bytes.Preface)).Settings().WindowUpdate(0, 1 << 30).ToArray());
        }

        public void Send()
        {
            var bytes = new Http2Bytes();
            for (var i = 0; i < StreamsAtOnce; i++, _nextStream += 2)
            {
                var fields = Http2Bytes.Request(_hasBody ? "POST" : "GET", "/coffee/a?x=1", "cafe.example.com");
                (string, string)[] all = [.. fields, ("user-agent", "test"), ("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2")];
                bytes.Headers(_nextStream, _hasBody ? FrameFlag.EndHeaders : (byte)(FrameFlag.EndHeaders | FrameFlag.EndStream), all);
                if (_hasBody)
                {
                    bytes.Data(_nextStream, "0123456789", FrameFlag.EndStream);
                }
            }

            _socket.Send(bytes.ToArray());
        }

        public void Receive()
        {
            for (var ended = 0; ended < StreamsAtOnce;)
            {
                var read = _socket.Receive(_buffer, _filled, _buffer.Length - _filled, SocketFlags.None);
                Assert.True(read > 0, "the gateway closed the connection");
                _filled += read;
                var at = 0;
                while (_filled - at >= 9 && _filled - at >= 9 + Length(at))
                {
                    var type = _buffer[at + 3];
                    Assert.NotEqual(FrameType.Reset, type);
                    ended += type is FrameType.Data or FrameType.Headers ? _buffer[at + 4] & FrameFlag.EndStream : 0;
                    at += 9 + Length(at);
                }

                _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
                _filled -= at;
            }
        }

        public void Dispose() => _socket.Dispose();

        private int Length(int at) => BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at)) >>> 8;
    }
}
