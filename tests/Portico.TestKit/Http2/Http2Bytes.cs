using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Portico.TestKit.Http2;

/// <summary>
/// Frames as bytes, right or wrong as a test wants them. Header blocks hold literals without indexing and without Huffman, so that every
/// byte is the test's.
/// </summary>
public sealed class Http2Bytes
{
    public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public Http2Bytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public Http2Bytes Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload) => Frame(type, flags, stream, payload, payload.Length);

    /// <param name="announced">The length that the frame's header tells.</param>
    public Http2Bytes Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload, int announced)
    {
        Span<byte> header = stackalloc byte[Http2Frame.HeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(header, announced << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        return Raw(header).Raw(payload);
    }

    public Http2Bytes Settings(params (int Id, uint Value)[] entries)
    {
        var payload = new byte[6 * entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(6 * i), (ushort)entries[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((6 * i) + 2), entries[i].Value);
        }
        return Frame(FrameType.Settings, 0, 0, payload);
    }

    public Http2Bytes Headers(int stream, byte flags, params (string Name, string Value)[] fields) =>
        Frame(FrameType.Headers, flags, stream, Block(fields));

    /// <summary>A GET that ends its stream.</summary>
    public Http2Bytes Get(int stream, string path = "/", params (string Name, string Value)[] more) =>
        Headers(stream, FrameFlag.EndHeaders | FrameFlag.EndStream, [.. Request("GET", path), .. more]);

    /// <summary>A POST whose body follows.</summary>
    public Http2Bytes Post(int stream, string path = "/", params (string Name, string Value)[] more) =>
        Headers(stream, FrameFlag.EndHeaders, [.. Request("POST", path), .. more]);

    public Http2Bytes Data(int stream, string text, byte flags = FrameFlag.None) => Frame(FrameType.Data, flags, stream, Encoding.Latin1.GetBytes(text));

    public Http2Bytes Reset(int stream, Http2Error error) => Frame(FrameType.Reset, 0, stream, Number((uint)error));

    public Http2Bytes WindowUpdate(int stream, uint increment) => Frame(FrameType.WindowUpdate, 0, stream, Number(increment));

    public Http2Bytes Ping(byte flags = FrameFlag.None) => Frame(FrameType.Ping, flags, 0, new byte[8]);

    public static (string Name, string Value)[] Request(string method, string path, string authority = "h.test") =>
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)];

    public static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            WriteString(block, name);
            WriteString(block, value);
        }
        return block.ToArray();
    }

    private static void WriteString(MemoryStream block, string text)
    {
        const int most = 127;
        var length = text.Length;
        block.WriteByte((byte)Math.Min(length, most));
        if (length >= most)
        {
            length -= most;
            for (; length >= 128; length >>= 7)
            {
                block.WriteByte((byte)(length | 128));
            }
            block.WriteByte((byte)length);
        }
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
