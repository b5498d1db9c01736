using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Portico.UnitTests.Dns;

/// <summary>DNS messages written by hand, so that the reader under test is not its own witness.</summary>
internal static class DnsBytes
{
    public const ushort A = 1;
    public const ushort Cname = 5;
    public const ushort Soa = 6;
    public const ushort Aaaa = 28;

    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]), 0];

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Record(byte[] owner, ushort type, uint timeToLive, byte[] data, ushort recordClass = 1) =>
        [.. owner, .. U16(type), .. U16(recordClass), .. U32(timeToLive), .. U16(data.Length), .. data];

    public static byte[] Address(string owner, string address, uint timeToLive = 60)
    {
        var data = IPAddress.Parse(address).GetAddressBytes();
        return Record(Name(owner), data.Length == 4 ? A : Aaaa, timeToLive, data);
    }

    public static byte[] Alias(string owner, string target, uint timeToLive = 60) => Record(Name(owner), Cname, timeToLive, Name(target));

    public static byte[] Authority(uint timeToLive, uint minimum) =>
        Record(Name("test"), Soa, timeToLive, [.. Name("ns.test"), .. Name("admin.test"), .. new byte[16], .. U32(minimum)]);

    public static byte[] Message(ushort id, int flags, string question, ushort type, byte[][] answers, params byte[][] authorities) =>
    [
        .. U16(id), .. U16(flags), .. U16(1), .. U16(answers.Length), .. U16(authorities.Length), .. U16(0),
        .. Name(question), .. U16(type), .. U16(1),
        .. answers.SelectMany(answer => answer), .. authorities.SelectMany(authority => authority),
    ];
}
