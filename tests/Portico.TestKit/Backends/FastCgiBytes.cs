using System.Buffers;
using System.Buffers.Binary;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>Records of an application's answer (FastCGI 1.0, 3.3), put together one after the other; right or wrong as told.</summary>
public sealed class FastCgiBytes
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public FastCgiBytes Output(string text, int padding = 0) => Record(6, Text.Bytes(text), padding);

    public FastCgiBytes Error(string text) => Record(7, Text.Bytes(text));

    /// <param name="protocolStatus">0 for a request that was served.</param>
    public FastCgiBytes End(byte protocolStatus = 0) => Record(3, [0, 0, 0, 0, protocolStatus, 0, 0, 0]);

    public FastCgiBytes Record(byte type, ReadOnlySpan<byte> content, int padding = 0, ushort request = 1, byte version = 1)
    {
        Span<byte> header = stackalloc byte[8];
        header[0] = version;
        header[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], request);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)content.Length);
        header[6] = (byte)padding;
        _bytes.Write(header);
        _bytes.Write(content);
        _bytes.Write(new byte[padding]);
        return this;
    }

    public FastCgiBytes Raw(string text)
    {
        _bytes.Write(Text.Bytes(text));
        return this;
    }
}
