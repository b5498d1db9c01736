using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>An address and port as the kernel takes them (struct sockaddr_in, sockaddr_in6).</summary>
public static class SocketAddress
{
    public const int MaxLength = 28;

    /// <summary>Builds the bytes for connect and bind.</summary>
    public static byte[] Encode(IPAddress address, int port)
    {
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new byte[v6 ? 28 : 16];
        BitConverter.TryWriteBytes(bytes, (ushort)(v6 ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        address.TryWriteBytes(bytes.AsSpan(v6 ? 8 : 4), out _);
        if (v6)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(24), (uint)address.ScopeId);
        }

        return bytes;
    }

    /// <summary>Fills an address in from the 4 or 16 bytes of an IP address, network order; the rest becomes zero.</summary>
    public static void Write(Span<byte> address, ReadOnlySpan<byte> ip, int port)
    {
        var v6 = ip.Length == 16;
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)(v6 ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)port);
        ip.CopyTo(address[(v6 ? 8 : 4)..]);
    }

    /// <summary>The length of the structure that the kernel expects.</summary>
    public static int Length(ReadOnlySpan<byte> address) => Family(address) == Libc.AF_INET6 ? 28 : 16;

    public static int Family(ReadOnlySpan<byte> address) => BitConverter.ToUInt16(address);

    public static int Port(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt16BigEndian(address[2..]);

    /// <summary>The 4 or 16 bytes of the IP address, network order.</summary>
    public static ReadOnlySpan<byte> IpBytes(ReadOnlySpan<byte> address) =>
        Family(address) == Libc.AF_INET6 ? address.Slice(8, 16) : address.Slice(4, 4);
}
