using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.UnitTests.Dns;

/// <summary>A question as a server got it.</summary>
internal sealed record DnsQuestion(string Name, ushort Type, ushort Id, bool OverTcp);

/// <summary>A DNS server on a loopback address, UDP and TCP on one port. What it answers is up to the test; null answers nothing.</summary>
internal sealed class FakeDnsServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<DnsQuestion, IEnumerable<byte[]>?> _answer;
    private readonly Socket _datagrams;
    private readonly Socket _streams;
    private readonly Task _loops;

    public FakeDnsServer(Func<DnsQuestion, byte[]?> answer, string address = "127.0.0.1", int port = 0)
        : this(question => answer(question) is { } bytes ? [bytes] : null, IPAddress.Parse(address), port)
    {
    }

    public FakeDnsServer(Func<DnsQuestion, IEnumerable<byte[]>?> answer, IPAddress address, int port)
    {
        _answer = answer;
        (_datagrams, _streams) = Bind(address, port);
        Port = ((IPEndPoint)_streams.LocalEndPoint!).Port;
        _loops = Task.WhenAll(ServeDatagramsAsync(), ServeStreamsAsync());
    }

    public int Port { get; }

    public ConcurrentQueue<DnsQuestion> Questions { get; } = [];

    public ConcurrentQueue<int> ClientPorts { get; } = [];

    /// <summary>Answers with addresses by name; NXDOMAIN for all others. Names that exist have an entry for "name" even without address.</summary>
    public static Func<DnsQuestion, byte[]?> Zone(params (string Name, byte[][] Records)[] zone) => question =>
    {
        var (name, records) = zone.FirstOrDefault(entry => entry.Name == question.Name);
        return name is null
            ? DnsBytes.Message(question.Id, 0x8183, question.Name, question.Type, [], DnsBytes.Authority(600, 30))
            : DnsBytes.Message(question.Id, 0x8180, question.Name, question.Type, [.. records.Where(record => Concerns(record, question.Type))]);
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _datagrams.Dispose();
        _streams.Dispose();
        _stop.Dispose();
    }

    // The type stands behind the owner's name. Aliases concern every question.
    private static bool Concerns(byte[] record, ushort type)
    {
        var at = 0;
        while (record[at] != 0)
        {
            at += record[at] + 1;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at + 1)) is DnsBytes.Cname || BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at + 1)) == type;
    }

    // The port must be free for both protocols: the first that is.
    private static (Socket Datagrams, Socket Streams) Bind(IPAddress address, int port)
    {
        while (true)
        {
            var streams = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            streams.Bind(new IPEndPoint(address, port));
            streams.Listen();
            var datagrams = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                datagrams.Bind(streams.LocalEndPoint!);
                return (datagrams, streams);
            }
            catch (SocketException) when (port == 0)
            {
                streams.Dispose();
                datagrams.Dispose();
            }
        }
    }

    private async Task ServeDatagramsAsync()
    {
        var buffer = new byte[512];
        try
        {
            while (true)
            {
                var received = await _datagrams.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                ClientPorts.Enqueue(((IPEndPoint)received.RemoteEndPoint).Port);
                foreach (var answer in Answer(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false))
                {
                    await _datagrams.SendToAsync(answer, received.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeStreamsAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _streams.AcceptAsync(_stop.Token);
                await using var stream = new NetworkStream(client);
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix, _stop.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                foreach (var answer in Answer(query, overTcp: true))
                {
                    // In two pieces, as TCP may cut it anywhere.
                    await stream.WriteAsync(DnsBytes.U16(answer.Length).AsMemory(0, 1), _stop.Token);
                    await stream.WriteAsync((byte[])[(byte)answer.Length, .. answer], _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private IEnumerable<byte[]> Answer(ReadOnlySpan<byte> query, bool overTcp)
    {
        var name = new StringBuilder();
        var at = 12;
        for (; query[at] != 0; at += query[at] + 1)
        {
            name.Append(name.Length > 0 ? "." : "").Append(Encoding.Latin1.GetString(query.Slice(at + 1, query[at])));
        }

        var question = new DnsQuestion(name.ToString(), BinaryPrimitives.ReadUInt16BigEndian(query[(at + 1)..]), BinaryPrimitives.ReadUInt16BigEndian(query), overTcp);
        Questions.Enqueue(question);
        return _answer(question) ?? [];
    }
}
