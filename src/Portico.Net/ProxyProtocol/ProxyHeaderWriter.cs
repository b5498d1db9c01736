using System.Buffers.Binary;
using System.Net;
using Portico.Net.Native;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.Net.ProxyProtocol;

/// <summary>Writes the header of the PROXY protocol for a backend. Addresses are as <see cref="SocketAddress"/> reads them.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>Room for a header of either version.</summary>
    public const int LongestHeader = 128;

    /// <summary>Version 1. Addresses of two families cannot be told: the backend hears UNKNOWN.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteText(Span<byte> output, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        var family = SocketAddress.Family(source);
        if (family != SocketAddress.Family(destination))
        {
            "PROXY UNKNOWN\r\n"u8.CopyTo(output);
            return "PROXY UNKNOWN\r\n"u8.Length;
        }

        var rest = output;
        Append(ref rest, family == Libc.AF_INET6 ? "PROXY TCP6 "u8 : "PROXY TCP4 "u8);
        AppendIp(ref rest, source);
        AppendIp(ref rest, destination);
        AppendPort(ref rest, SocketAddress.Port(source));
        Append(ref rest, " "u8);
        AppendPort(ref rest, SocketAddress.Port(destination));
        Append(ref rest, "\r\n"u8);
        return output.Length - rest.Length;
    }

    /// <summary>Version 2, without TLVs. Addresses of two families are told as of an unspecified one.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteBinary(Span<byte> output, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        var same = SocketAddress.Family(source) == SocketAddress.Family(destination);
        var v6 = SocketAddress.Family(source) == Libc.AF_INET6;
        "\r\n\r\n\0\r\nQUIT\n"u8.CopyTo(output);
        output[12] = 0x21;
        output[13] = (byte)(!same ? 0x00 : v6 ? 0x21 : 0x11);
        var ip = v6 ? 16 : 4;
        var length = same ? (2 * ip) + 4 : 0;
        BinaryPrimitives.WriteUInt16BigEndian(output[14..], (ushort)length);
        if (same)
        {
            SocketAddress.IpBytes(source).CopyTo(output[16..]);
            SocketAddress.IpBytes(destination).CopyTo(output[(16 + ip)..]);
            BinaryPrimitives.WriteUInt16BigEndian(output[(16 + (2 * ip))..], (ushort)SocketAddress.Port(source));
            BinaryPrimitives.WriteUInt16BigEndian(output[(18 + (2 * ip))..], (ushort)SocketAddress.Port(destination));
        }

        return 16 + length;
    }

    private static void Append(ref Span<byte> output, ReadOnlySpan<byte> text)
    {
        text.CopyTo(output);
        output = output[text.Length..];
    }

    private static void AppendIp(ref Span<byte> output, ReadOnlySpan<byte> address)
    {
        _ = new IPAddress(SocketAddress.IpBytes(address)).TryFormat(output, out var written);
        output = output[written..];
        Append(ref output, " "u8);
    }

    private static void AppendPort(ref Span<byte> output, int port)
    {
        _ = port.TryFormat(output, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        output = output[written..];
    }
}
