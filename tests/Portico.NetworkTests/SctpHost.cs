using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Portico.NetworkTests;

/// <summary>
/// SCTP as far as rules see it (RFC 9260, sections 3.1, 3.3.2, 3.3.3 and appendix A): packets with a checksum that kernels verify, the first two of an
/// association. Raw sockets: the kernel itself need not speak SCTP; it only has to track and rewrite it.
/// </summary>
internal static partial class SctpHost
{
    private const int InterNetwork = 2, Raw = 3, Sctp = 132; // AF_INET, SOCK_RAW, IPPROTO_SCTP
    private const int CommonHeader = 12;
    private const byte Init = 1, InitAck = 2;

    /// <summary>Whom the answer names, in a parameter of a type that receivers skip.</summary>
    private const ushort Name = 0xC0DE;

    /// <summary>Answers each INIT to a port with its name and the address that it sees the client under, until it is disposed.</summary>
    public static IDisposable Serve(Topology net, string role, int port)
    {
        var socket = RawSocket(net, role);
        _ = AnswerAsync(socket, role, port);
        return socket;
    }

    /// <summary>What a new association meets: pod and the address that it sees; <c>rejected</c>; <c>dropped</c> after a while of silence.</summary>
    public static string Ask(Topology net, string from, string address, int port, TimeSpan patience)
    {
        using var socket = RawSocket(net, from);
        socket.Connect(new IPEndPoint(IPAddress.Parse(address), 0));
        var source = (ushort)net.NextPort();
        socket.Send(Packet(source, (ushort)port, tag: 0, Init, text: ""));
        socket.ReceiveTimeout = (int)patience.TotalMilliseconds;
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                var packet = buffer.AsSpan(0, socket.Receive(buffer));
                packet = packet[((packet[0] & 15) * 4)..];
                if (BinaryPrimitives.ReadUInt16BigEndian(packet) == port && BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) == source && packet[CommonHeader] == InitAck)
                {
                    return HasRightChecksum(packet) ? Encoding.ASCII.GetString(packet[(CommonHeader + 24)..]).TrimEnd('\0') : "wrong checksum";
                }
            }
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "rejected",
                SocketError.TimedOut or SocketError.WouldBlock => "dropped",
                var other => other.ToString(),
            };
        }
    }

    /// <summary>The library's own constructor knows no protocol of this number.</summary>
    private static Socket RawSocket(Topology net, string role) => net.In(role, () =>
    {
        var socket = OpenSocket(InterNetwork, Raw, Sctp);
        return socket >= 0 ? new Socket(new SafeSocketHandle(socket, ownsHandle: true)) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    });

    private static async Task AnswerAsync(Socket socket, string role, int port)
    {
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (Answer(buffer.AsSpan(0, got.ReceivedBytes), port, $"{role} {((IPEndPoint)got.RemoteEndPoint).Address}") is { } answer)
                {
                    await socket.SendToAsync(answer, got.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static byte[]? Answer(Span<byte> packet, int port, string text)
    {
        packet = packet[((packet[0] & 15) * 4)..];
        if (BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) != port || packet[CommonHeader] != Init || !HasRightChecksum(packet))
        {
            return null;
        }

        var tag = BinaryPrimitives.ReadUInt32BigEndian(packet[(CommonHeader + 4)..]);
        return Packet((ushort)port, BinaryPrimitives.ReadUInt16BigEndian(packet), tag, InitAck, text);
    }

    /// <param name="tag">The receiver's; 0 in an INIT.</param>
    private static byte[] Packet(ushort from, ushort to, uint tag, byte chunk, string text)
    {
        var parameter = text.Length == 0 ? 0 : 4 + text.Length;
        var packet = new byte[(CommonHeader + 20 + parameter + 3) / 4 * 4];
        BinaryPrimitives.WriteUInt16BigEndian(packet, from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), to);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), tag);
        var body = packet.AsSpan(CommonHeader);
        body[0] = chunk;
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)(20 + parameter));
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], 0x1234_5678); // our tag
        BinaryPrimitives.WriteUInt32BigEndian(body[8..], 65_536); // our window
        BinaryPrimitives.WriteUInt16BigEndian(body[12..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(body[14..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], 1);
        if (parameter > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(body[20..], Name);
            BinaryPrimitives.WriteUInt16BigEndian(body[22..], (ushort)parameter);
            Encoding.ASCII.GetBytes(text, body[24..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), Checksum(packet));
        return packet;
    }

    private static bool HasRightChecksum(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32LittleEndian(packet[8..]) == Checksum(packet);

    /// <summary>CRC32c of the packet with zeros in the place of the checksum.</summary>
    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < packet.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i is >= 8 and < 12 ? (byte)0 : packet[i]);
        }

        return ~crc;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);
}
