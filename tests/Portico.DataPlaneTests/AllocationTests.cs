using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests;

/// <summary>
/// The promise that a request allocates nothing in the steady state, measured where it counts: on the shard's own thread, with routing,
/// forwarded headers, access log and metrics on.
/// </summary>
[Collection(Alone.Name)]
public class AllocationTests
{
    private const int Connections = 64;
    private const int WarmUpRounds = 60;
    private const int Rounds = 160;

    /// <summary>Pools grow until they have seen as many exchanges at once as there ever are, which is a matter of luck.</summary>
    private const int Attempts = 5;

    /// <summary>More than the clients and the backend allocate while it is measured.</summary>
    private const long UncollectedBytes = 128 << 20;

    private const string Browser =
        "GET /coffee/a%20b/../c?x=1 HTTP/1.1\r\nHost: Cafe.Example.com\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        + "Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\nCookie: session=0123456789abcdef\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";

    public static TheoryData<string, string, AllocationBackend.Answer> Exchanges => new()
    {
        { "a browser's GET", Browser, AllocationBackend.Answer.Announced },
        { "a GET with a chunked answer", Browser, AllocationBackend.Answer.Chunked },
        { "a GET whose answer pauses", Browser, AllocationBackend.Answer.Pausing },
        { "a large answer", Browser, AllocationBackend.Answer.Large },
        { "a HEAD", "HEAD / HTTP/1.1\r\nHost: cafe.example.com\r\n\r\n", AllocationBackend.Answer.Nothing },
        { "a POST with a length", "POST /coffee HTTP/1.1\r\nHost: cafe.example.com\r\nContent-Length: 10\r\n\r\n0123456789", AllocationBackend.Answer.Announced },
        {
            "a chunked POST", "POST /coffee HTTP/1.1\r\nHost: cafe.example.com\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
            AllocationBackend.Answer.Announced
        },
        { "a POST beyond the buffer", "POST /stream HTTP/1.1\r\nHost: cafe.example.com\r\nContent-Length: 100000\r\n\r\n" + new string('x', 100_000), AllocationBackend.Answer.Announced },
        { "a request that no host claims", "GET / HTTP/1.1\r\nHost: nobody.example.com\r\n\r\n", AllocationBackend.Answer.Nothing },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_request_allocates_nothing_in_the_steady_state(string name, string request, AllocationBackend.Answer answer)
    {
        await using var gateway = await AllocationGateway.StartAsync(answer);
        using var clients = new Clients(gateway.Port, Text.Bytes(request));
        clients.Run(WarmUpRounds);
        var perRequest = double.MaxValue;
        for (var attempt = 0; attempt < Attempts && perRequest >= 0.5; attempt++)
        {
            perRequest = await MeasureAsync(gateway, clients);
        }

        Assert.True(perRequest < 0.5, $"{name}: {perRequest:F2} bytes a request");
        Assert.Equal(clients.Responses, await gateway.RequestsAsync());
        Assert.Equal("", gateway.Errors);
    }

    private static async Task<double> MeasureAsync(AllocationGateway gateway, Clients clients)
    {
        // A collection throws the rest of each thread's allocation context away, and that would count as allocated.
        Assert.True(GC.TryStartNoGCRegion(UncollectedBytes));
        var collections = GC.CollectionCount(0);
        var idle = await gateway.AllocatedOnShardAsync();
        var before = await gateway.AllocatedOnShardAsync();
        clients.Run(Rounds);
        var after = await gateway.AllocatedOnShardAsync();
        Assert.Equal(collections, GC.CollectionCount(0));
        GC.EndNoGCRegion();

        // Asking allocates, too: always the same.
        return (double)(after - before - (before - idle)) / (Rounds * Connections);
    }

    /// <summary>Keep-alive connections that all send before any of them reads, so that their exchanges interleave on the shard.</summary>
    private sealed class Clients : IDisposable
    {
        private readonly Socket[] _sockets;
        private readonly byte[] _request;
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _responseLength;

        public Clients(int port, byte[] request)
        {
            _request = request;
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

        /// <summary>Every response has the length of the first, which ends when nothing follows it.</summary>
        private void Receive(Socket socket)
        {
            var count = 0;
            do
            {
                var read = socket.Receive(_buffer, count, _buffer.Length - count, SocketFlags.None);
                Assert.True(read > 0, "the gateway closed the connection");
                count += read;
            }
            while (_responseLength == 0 ? socket.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead) : count < _responseLength);
            _responseLength = _responseLength == 0 ? count : _responseLength;
            Assert.Equal(_responseLength, count);
        }
    }
}
