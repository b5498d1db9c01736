using System.Buffers.Binary;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>Who has this address? (RFC 826)</summary>
internal readonly record struct ArpRequest(MacAddress Destination, MacAddress Sender, Address SenderIP, Address Target);

/// <summary>ARP for IPv4 over Ethernet, with the Ethernet head. Bytes in, bytes out.</summary>
internal static class ArpPacket
{
    public const int Length = 42;

    public const ushort EtherType = 0x0806;

    private const ushort Request = 1;
    private const ushort Answer = 2;

    /// <summary>False for everything but a well-formed request.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> frame, out ArpRequest request)
    {
        request = default;
        // Ethernet, hardware type Ethernet, protocol IPv4, lengths 6 and 4, operation request.
        if (frame.Length < Length || !frame[12..22].SequenceEqual((ReadOnlySpan<byte>)[8, 6, 0, 1, 8, 0, 6, 4, 0, (byte)Request]))
        {
            return false;
        }

        request = new ArpRequest(MacAddress.Read(frame), MacAddress.Read(frame[22..]), Ip(frame[28..]), Ip(frame[38..]));
        return true;
    }

    /// <summary>The answer, for the one who asked only: the address is at our hardware address.</summary>
    public static byte[] Reply(ArpRequest request, MacAddress own) =>
        Write(request.Sender, own, Answer, request.Target, request.Sender, request.SenderIP);

    /// <summary>Tells everybody, unasked, where the address is. Some listen to requests, some to answers, so both are sent.</summary>
    public static byte[] Gratuitous(Address address, MacAddress own, bool asRequest) =>
        Write(MacAddress.Broadcast, own, asRequest ? Request : Answer, address, MacAddress.Broadcast, address);

    private static byte[] Write(MacAddress destination, MacAddress own, ushort operation, Address sender, MacAddress target, Address targetIP)
    {
        var frame = new byte[Length];
        destination.Write(frame);
        own.Write(frame.AsSpan(6));
        ((ReadOnlySpan<byte>)[8, 6, 0, 1, 8, 0, 6, 4, 0, (byte)operation]).CopyTo(frame.AsSpan(12));
        own.Write(frame.AsSpan(22));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(28), (uint)sender.Value);
        target.Write(frame.AsSpan(32));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), (uint)targetIP.Value);
        return frame;
    }

    private static Address Ip(ReadOnlySpan<byte> bytes) => new(false, BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
