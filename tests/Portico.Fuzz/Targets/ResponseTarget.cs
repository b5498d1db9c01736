using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;

namespace Portico.Fuzz.Targets;

/// <summary>Http1ResponseParser never throws, points only at bytes of the head, and says the same however the head is cut.</summary>
internal sealed class ResponseTarget : FuzzTarget
{
    /// <summary>Heads do not begin where their buffer does.</summary>
    private const int Start = 16;

    private const int LargestHead = 256;

    public override string Name => "response";

    public override IReadOnlyList<string> Words { get; } =
    [
        "\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 ", "HTTP/1.1 ", "HTTP/2 ", "100", "101", "204", "304", "999",
        "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "X: y\r\n",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var whole = Parse(input, [input.Length], toHead: false);
        var problem = CheckRanges(whole.Head, whole.Status, input.Length);
        foreach (var ends in Pieces.Of(input))
        {
            var pieces = Parse(input, ends, toHead: false);
            problem ??= CheckRanges(pieces.Head, pieces.Status, input.Length)
                ?? (Describe(whole) == Describe(pieces) ? null : $"whole: {Describe(whole)}\nends {string.Join(',', ends)}: {Describe(pieces)}");
        }

        var toHead = Parse(input, [input.Length], toHead: true);
        problem ??= toHead.Status == whole.Status && (toHead.Status != ParseStatus.Done || toHead.Head.Framing == BodyFraming.None)
            ? null
            : $"as the answer to HEAD: {Describe(toHead)}";
        return new FuzzVerdict($"{whole.Status} {whole.Error} {whole.Head.Framing} {whole.Head.KeepAlive}", problem);
    }

    private static string? CheckRanges(ResponseHead head, ParseStatus status, int length)
    {
        foreach (ref readonly var field in head.Headers.Fields)
        {
            if (field.NameStart < Start || field.NameLength <= 0 || field.ValueStart < field.NameStart + field.NameLength || field.ValueLength < 0
                || field.ValueStart + field.ValueLength > Start + length)
            {
                return $"a header outside of the head: {field.NameStart}+{field.NameLength}, {field.ValueStart}+{field.ValueLength}";
            }
        }

        return status != ParseStatus.Done || (head.HeadLength > 0 && head.HeadLength <= Math.Min(length, LargestHead) && head.Status is >= 100 and <= 999 && head.ContentLength >= 0)
            ? null
            : $"head of {head.HeadLength} bytes, status {head.Status}, content length {head.ContentLength}";
    }

    /// <summary>Which of two faults is found first may depend on the pieces: an overlong line can end wrongly, too.</summary>
    private static string Describe((ParseStatus Status, ParseError Error, ResponseHead Head) parsed)
    {
        var (status, _, head) = parsed;
        if (status != ParseStatus.Done)
        {
            return status.ToString();
        }

        var text = new StringBuilder($"{head.Status} {head.Version} {head.Framing} {head.ContentLength} {head.KeepAlive} {head.HeadLength}");
        foreach (ref readonly var field in head.Headers.Fields)
        {
            text.Append(Encoding.Latin1.GetString(head.Headers.Name(in field))).Append(':').Append(Encoding.Latin1.GetString(head.Headers.Value(in field))).Append('\n');
        }

        return text.ToString();
    }

    private static (ParseStatus Status, ParseError Error, ResponseHead Head) Parse(byte[] input, IReadOnlyList<int> ends, bool toHead)
    {
        var buffer = new byte[Start + input.Length];
        input.CopyTo(buffer, Start);
        var parser = new Http1ResponseParser();
        parser.Reset(Start);
        var head = new ResponseHead();
        var status = ParseStatus.NeedMore;
        for (var i = 0; i < ends.Count && status == ParseStatus.NeedMore; i++)
        {
            status = parser.Parse(buffer, Start + ends[i], LargestHead, toHead, head);
        }

        return (status, parser.Error, head);
    }
}
