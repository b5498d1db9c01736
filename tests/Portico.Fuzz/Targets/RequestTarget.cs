using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.TestKit.SecondParsers;

namespace Portico.Fuzz.Targets;

/// <summary>Http1RequestParser beside the slow reader: the same verdict, the same fields, however the head is cut.</summary>
internal sealed class RequestTarget : FuzzTarget
{
    /// <summary>So small that mutated heads exceed them.</summary>
    private static readonly HeadLimits Tight = new(64, 2);

    public override string Name => "request";

    public override IReadOnlyList<string> Words { get; } =
    [
        "\r\n", "\r\n\r\n", "\n", "\r", " ", "\t", ":", ": ", "GET ", "POST ", "TRACE ", "CONNECT ", " HTTP/1.1", " HTTP/1.0", " HTTP/1.2", " HTTP/2.0",
        "http://", "HTTPS://", "/", "?", "#", "@", "%2f", "*", "Host: a.test\r\n", "Host:\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Connection: close\r\n", "Connection: keep-alive, x\r\n",
        "Expect: 100-continue\r\n", "Upgrade: websocket\r\n", "X: y\r\n", "\r\n folded\r\n", "999999999999999999", "0000000000000000005",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        var slow = SlowRequestReader.Read(text);
        var whole = Parse(input, [input.Length], HeadLimits.Default);
        var problem = Compare(slow, whole)
            ?? (whole.Status == ParseStatus.NeedMore && SlowRequestReader.IsWhole(text) ? "waits for more although the head is whole" : null);
        foreach (var ends in Pieces.Of(input))
        {
            var pieces = Parse(input, ends, HeadLimits.Default);
            problem ??= pieces.Describe() == whole.Describe() ? null : $"whole: {whole.Describe()}\nends {string.Join(',', ends)}: {pieces.Describe()}";
        }

        return new FuzzVerdict($"{whole.Status} {whole.Error} {whole.Head.Framing} {whole.Head.Version}", problem ?? CheckTight(input));
    }

    /// <summary>Which limit a head exceeds first may depend on its pieces; whether it does may not.</summary>
    private static string? CheckTight(byte[] input)
    {
        var whole = Parse(input, [input.Length], Tight);
        foreach (var ends in Pieces.Of(input))
        {
            var pieces = Parse(input, ends, Tight);
            if (pieces.Status != whole.Status)
            {
                return $"tight limits, whole: {whole.Status} {whole.Error}, ends {string.Join(',', ends)}: {pieces.Status} {pieces.Error}";
            }
        }

        return null;
    }

    private static string? Compare(SlowRequest? slow, Parsed fast)
    {
        if (slow is null || fast.Status != ParseStatus.Done)
        {
            return (slow is null) == (fast.Status != ParseStatus.Done) ? null : $"the slow reader {(slow is null ? "refuses" : "takes")} it, the fast one says {fast.Status} {fast.Error}";
        }

        var head = fast.Head;
        var framing = slow.IsChunked ? BodyFraming.Chunked : slow.ContentLength > 0 ? BodyFraming.Length : BodyFraming.None;
        return Differs("method", slow.Method, Text(head.MethodToken))
            ?? Differs("target", slow.Target, Text(head.Target))
            ?? Differs("path", slow.PathAndQuery, Text(head.PathAndQuery))
            ?? Differs("authority", slow.Authority, Text(head.Authority))
            ?? Differs("version", slow.IsHttp10, head.Version == HttpVersion.Http10)
            ?? Differs("headers", string.Join('\n', slow.Headers), string.Join('\n', fast.Headers))
            ?? Differs("framing", framing, head.Framing)
            ?? Differs("length", slow.ContentLength, head.ContentLength)
            ?? Differs("keep-alive", slow.KeepAlive, head.KeepAlive)
            ?? Differs("expects continue", slow.ExpectsContinue, head.ExpectsContinue)
            ?? Differs("wants upgrade", slow.WantsUpgrade, head.WantsUpgrade)
            ?? Differs("head length", slow.HeadLength, head.HeadLength);
    }

    private static string? Differs<T>(string what, T slow, T fast) => Equals(slow, fast) ? null : $"{what}: slow {slow}, fast {fast}";

    private static Parsed Parse(byte[] input, IReadOnlyList<int> ends, HeadLimits limits)
    {
        var parser = new Http1RequestParser();
        var head = new RequestHead();
        var status = ParseStatus.NeedMore;
        for (var i = 0; i < ends.Count && status == ParseStatus.NeedMore; i++)
        {
            // A new array each time, and nothing right behind what is received: the parser must not look there.
            status = parser.Parse([.. input.AsSpan(0, ends[i]), 0xFE], ends[i], limits, head);
        }

        return new Parsed(status, parser.Error, head);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private sealed record Parsed(ParseStatus Status, ParseError Error, RequestHead Head)
    {
        public IReadOnlyList<(string Name, string Value)> Headers
        {
            get
            {
                var list = new List<(string, string)>();
                foreach (ref readonly var header in Head.Headers.Fields)
                {
                    list.Add((Text(Head.Headers.Name(in header)), Text(Head.Headers.Value(in header))));
                }

                return list;
            }
        }

        public string Describe() => Status != ParseStatus.Done ? $"{Status} {Error}"
            : $"{Text(Head.MethodToken)} {Text(Head.Target)} {Text(Head.Authority)} {Head.Framing} {Head.ContentLength} {Head.KeepAlive} {Head.HeadLength} {string.Join('|', Headers)}";
    }
}
