using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Portico.LoadBalancer.Liveness;

/// <summary>What a speaker says to another one, several times a second.</summary>
/// <param name="Node">Whose word it is.</param>
/// <param name="Nonce">A random number of the sender's process.</param>
/// <param name="Echo">The receiver's number as the sender knows it, 0 for unknown: who has it right answers now, and is no recording.</param>
/// <param name="Sequence">Grows with each word of the process.</param>
/// <param name="Leaves">The last word.</param>
internal readonly record struct Heartbeat(string Node, ulong Nonce, ulong Echo, ulong Sequence, bool Leaves);

/// <summary>
/// Heartbeats as datagrams, sealed by HMAC-SHA256 with the key that all speakers share. Bytes in, bytes out.
/// <code>
/// "PLB1"  nonce 8  echo 8  sequence 8  flags 1  length 1  node …  seal 32
/// </code>
/// </summary>
internal static class HeartbeatPacket
{
    public const int LongestPacket = Head + byte.MaxValue + HMACSHA256.HashSizeInBytes;

    private const int Head = 30;
    private const byte LeavesFlag = 1;

    private static ReadOnlySpan<byte> Magic => "PLB1"u8;

    public static byte[] Write(Heartbeat beat, byte[] key)
    {
        var name = Encoding.UTF8.GetByteCount(beat.Node);
        var packet = new byte[Head + name + HMACSHA256.HashSizeInBytes];
        Magic.CopyTo(packet);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(4), beat.Nonce);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(12), beat.Echo);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(20), beat.Sequence);
        packet[28] = beat.Leaves ? LeavesFlag : (byte)0;
        packet[29] = checked((byte)name);
        Encoding.UTF8.GetBytes(beat.Node, packet.AsSpan(Head));
        HMACSHA256.HashData(key, packet.AsSpan(0, Head + name), packet.AsSpan(Head + name));
        return packet;
    }

    /// <summary>False for everything that nobody with the key has written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, byte[] key, out Heartbeat beat)
    {
        beat = default;
        if (packet.Length < Head || !packet.StartsWith(Magic) || packet.Length != Head + packet[29] + HMACSHA256.HashSizeInBytes)
        {
            return false;
        }

        var content = packet[..(Head + packet[29])];
        Span<byte> seal = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, seal);
        if (!CryptographicOperations.FixedTimeEquals(seal, packet[content.Length..]))
        {
            return false;
        }

        beat = new Heartbeat(
            Encoding.UTF8.GetString(content[Head..]),
            BinaryPrimitives.ReadUInt64BigEndian(packet[4..]),
            BinaryPrimitives.ReadUInt64BigEndian(packet[12..]),
            BinaryPrimitives.ReadUInt64BigEndian(packet[20..]),
            (packet[28] & LeavesFlag) != 0);
        return true;
    }
}
