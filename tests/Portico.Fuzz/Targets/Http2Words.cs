using System.Buffers.Binary;
using System.Text;
using Portico.TestKit.Http2;

namespace Portico.Fuzz.Targets;

/// <summary>Frames that either side may send, as pieces for mutations, and what came back in words.</summary>
internal static class Http2Words
{
    public static IReadOnlyList<string> Both { get; } =
    [
        .. new[]
        {
            new Http2Bytes().Settings(),
            new Http2Bytes().Settings((1, 0), (4, 0)),
            new Http2Bytes().Settings((4, int.MaxValue), (5, 16384)),
            new Http2Bytes().Settings((3, 0), (6, 100)),
            new Http2Bytes().Frame(FrameType.Settings, FrameFlag.Ack, 0, default),
            new Http2Bytes().Ping(),
            new Http2Bytes().Ping(FrameFlag.Ack),
            new Http2Bytes().WindowUpdate(0, 1000),
            new Http2Bytes().WindowUpdate(1, 100_000),
            new Http2Bytes().WindowUpdate(3, int.MaxValue),
            new Http2Bytes().Data(1, "hello"),
            new Http2Bytes().Data(1, "", FrameFlag.EndStream),
            new Http2Bytes().Data(3, "hello", FrameFlag.EndStream),
            new Http2Bytes().Frame(FrameType.Data, FrameFlag.Padded, 1, [2, 65, 0, 0]),
            new Http2Bytes().Reset(1, Http2Error.Cancel),
            new Http2Bytes().Reset(3, Http2Error.RefusedStream),
            new Http2Bytes().Frame(FrameType.Priority, 0, 1, [0, 0, 0, 0, 15]),
            new Http2Bytes().Frame(FrameType.GoAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
            new Http2Bytes().Frame(FrameType.GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, 2]),
            new Http2Bytes().Frame(FrameType.Continuation, FrameFlag.EndHeaders, 1, Http2Bytes.Block(("x-more", "1"))),
            new Http2Bytes().Frame(77, 0, 1, [1, 2, 3]),
            new Http2Bytes().Raw(Http2Bytes.Block(("content-length", "5"))),
            new Http2Bytes().Raw(Http2Bytes.Block(("cookie", "a=b"), ("x-y", "z"))),
            new Http2Bytes().Raw([0x82, 0x86, 0x84, 0xBE, 0x3F, 0xE1, 0x1F]),
        }.Select(Text),
    ];

    public static string Text(Http2Bytes bytes) => Encoding.Latin1.GetString(bytes.ToArray());

    /// <summary>The kinds of frames with their codes, each once; and what is no frame.</summary>
    public static (string Frames, string? Problem) Describe(ReadOnlySpan<byte> bytes)
    {
        var kinds = new SortedSet<string>(StringComparer.Ordinal);
        var decoder = new HpackDecoder();
        var block = new MemoryStream();
        while (bytes.Length >= Http2Frame.HeaderLength)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes) >>> 8;
            if (length > 16 * 1024 || bytes[3] > FrameType.Continuation)
            {
                return ("", $"a frame of type {bytes[3]} with {length} bytes");
            }

            if (bytes.Length < Http2Frame.HeaderLength + length)
            {
                // The connection was cut off within a frame, which a reset may do.
                break;
            }

            var frame = new Http2Frame(bytes[3], bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue, bytes.Slice(Http2Frame.HeaderLength, length).ToArray());
            bytes = bytes[(Http2Frame.HeaderLength + length)..];
            kinds.Add(frame.Type is FrameType.Reset or FrameType.GoAway ? $"{frame.Type}:{frame.Error}" : $"{frame.Type}");
            if (frame.Type is FrameType.Headers or FrameType.Continuation)
            {
                block.Write(frame.Payload);
                if ((frame.Flags & FrameFlag.EndHeaders) != 0)
                {
                    decoder.Decode(block.ToArray());
                    block.SetLength(0);
                }
            }
        }

        return (string.Join(',', kinds), null);
    }
}
