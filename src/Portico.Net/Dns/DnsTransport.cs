using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Portico.Net.Dns;

/// <summary>
/// One question to one server: UDP, and TCP when the answer does not fit. Each query has a socket of its own, connected, so the system
/// picks a random port and drops datagrams of strangers; id and question of the answer must be those of the query.
/// </summary>
internal static class DnsTransport
{
    private const int MaxDatagram = 4096;
    private const int LengthPrefix = 2;

    /// <summary>The server's answer, or null when it sent nothing usable. Runs until it came or the token is cancelled.</summary>
    public static async Task<DnsMessage?> AskAsync(IPEndPoint server, DnsName name, DnsRecordType type, CancellationToken cancellation)
    {
        var query = new byte[DnsMessage.MaxQueryLength];
        var id = BinaryPrimitives.ReadUInt16BigEndian(RandomNumberGenerator.GetBytes(sizeof(ushort)));
        var length = DnsMessage.WriteQuery(query, id, name, type);
        try
        {
            var answer = await AskByDatagramAsync(server, query.AsMemory(0, length), cancellation).ConfigureAwait(false);
            return answer.Truncated ? await AskByStreamAsync(server, query.AsMemory(0, length), cancellation).ConfigureAwait(false) : answer;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    private static async Task<DnsMessage> AskByDatagramAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        await socket.SendAsync(query, cancellation).ConfigureAwait(false);
        var buffer = new byte[MaxDatagram];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            if (DnsMessage.TryReadResponse(buffer.AsSpan(0, length), out var message) && Answers(message, query.Span))
            {
                return message;
            }

            // Late, forged or broken: the true answer may still come.
        }
    }

    private static async Task<DnsMessage?> AskByStreamAsync(IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellation).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[LengthPrefix + query.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(LengthPrefix));
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
        await stream.ReadExactlyAsync(framed.AsMemory(0, LengthPrefix), cancellation).ConfigureAwait(false);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(framed)];
        await stream.ReadExactlyAsync(answer, cancellation).ConfigureAwait(false);
        return DnsMessage.TryReadResponse(answer, out var message) && Answers(message, query.Span) && !message.Truncated ? message : null;
    }

    private static bool Answers(DnsMessage message, ReadOnlySpan<byte> query)
    {
        Span<byte> expected = stackalloc byte[DnsMessage.MaxQueryLength];
        return expected[..DnsMessage.WriteQuery(expected, message.Id, message.Question, message.Type)].SequenceEqual(query);
    }
}
