using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.TestKit.SecondParsers;

namespace Portico.Fuzz.Targets;

/// <summary>ChunkedDecoder beside the slow reader: the same verdict, payload, trailers and end, however the body is cut.</summary>
internal sealed class ChunkedTarget : FuzzTarget
{
    private static readonly BufferPool Buffers = new();

    public override string Name => "chunked";

    public override IReadOnlyList<string> Words { get; } =
    [
        "\r\n", "\n", "\r", "0\r\n\r\n", "5\r\nhello\r\n", "a\r\n0123456789\r\n", "0\r\nX: y\r\n\r\n", ";", ";a=b", ";q=\"a;b\"", "\"", "\\\"", "0", "00000000000000",
        "fffffffffffffff", "FFFFFFFF", "80000000", "x", " ", "\t", ":", "X-Trailer: yes\r\n",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var slow = SlowChunkReader.Read(Encoding.Latin1.GetString(input));
        var whole = Decode(input, [input.Length]);
        var problem = Compare(slow, whole);
        foreach (var ends in Pieces.Of(input))
        {
            var pieces = Decode(input, ends);
            problem ??= pieces == whole ? null : $"whole: {whole}\nends {string.Join(',', ends)}: {pieces}";
        }

        return new FuzzVerdict($"{whole.Status} {whole.Error} {Math.Min(3, whole.Payload.Length / 8)}", problem);
    }

    private static string? Compare(SlowChunkedBody slow, Decoded fast)
    {
        // The decoder goes byte by byte and may refuse a line before its end; the slow reader sees whole lines.
        var agrees = slow.Verdict switch
        {
            SlowChunkVerdict.Complete => fast.Status == ParseStatus.Done && fast.Payload == slow.Payload && fast.Coded == slow.Coded
                && fast.Trailers == slow.Trailers,
            SlowChunkVerdict.Refused => fast.Status == ParseStatus.Invalid,
            _ => fast.Status == ParseStatus.Invalid || (fast.Status == ParseStatus.NeedMore && fast.Payload == slow.Payload),
        };
        return agrees ? null : $"slow: {slow}, fast: {fast}";
    }

    private static Decoded Decode(byte[] input, IReadOnlyList<int> ends)
    {
        var trailers = new TrailerLines(Buffers);
        var decoder = new ChunkedDecoder(trailers);
        var payload = new StringBuilder();
        var status = ParseStatus.NeedMore;
        var start = 0;
        for (var i = 0; i < ends.Count && status == ParseStatus.NeedMore; i++)
        {
            var piece = input[start..ends[i]];
            status = decoder.Decode(piece, out var consumed, out var produced);
            if (produced > consumed || (status == ParseStatus.NeedMore && consumed != piece.Length))
            {
                return new Decoded(status, decoder.Error, $"{produced} bytes out of {consumed} of {piece.Length}", -1, "");
            }

            payload.Append(Encoding.Latin1.GetString(piece, 0, produced));
            start += consumed;
        }

        var lines = status == ParseStatus.Done ? Print(trailers.Fields) : "";
        trailers.Release();
        return new Decoded(status, decoder.Error, payload.ToString(), start, lines);
    }

    private static string Print(HeaderBlock? trailers)
    {
        var lines = new StringBuilder();
        if (trailers is not null)
        {
            foreach (ref readonly var field in trailers.Fields)
            {
                lines.Append(Encoding.Latin1.GetString(trailers.Name(in field))).Append(':').Append(Encoding.Latin1.GetString(trailers.Value(in field))).Append('\n');
            }
        }

        return lines.ToString();
    }

    private readonly record struct Decoded(ParseStatus Status, ParseError Error, string Payload, int Coded, string Trailers);
}
