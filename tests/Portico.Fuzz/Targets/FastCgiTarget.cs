using System.Text;
using Portico.Http.FastCgi;
using Portico.Http.Http1;
using Portico.TestKit.SecondParsers;

namespace Portico.Fuzz.Targets;

/// <summary>FastCgiDecoder beside the slow reader: the same verdict, output and errors, however the bytes are cut.</summary>
internal sealed class FastCgiTarget : FuzzTarget
{
    public override string Name => "fastcgi";

    public override IReadOnlyList<string> Words { get; } =
    [
        "\x1\x6\0\x1\0\x5\0\0hello", "\x1\x6\0\x1\0\x1\x3\0x\0\0\0", "\x1\x7\0\x1\0\x2\0\0no", "\x1\x6\0\x1\0\0\0\0", "\x1\x3\0\x1\0\x8\0\0\0\0\0\0\0\0\0\0", "\x1\xB\0\0\0\x8\0\0\xC\0\0\0\0\0\0\0",
        "\x1", "\x6", "\0\x1", "\xFF", "\0", "Status: 200\r\n\r\n",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var slow = SlowFastCgiReader.Read(input);
        var whole = Decode(input, [input.Length]);
        var problem = Compare(slow, whole);
        foreach (var ends in Pieces.Of(input))
        {
            var pieces = Decode(input, ends);
            problem ??= pieces == whole ? null : $"whole: {whole}\nends {string.Join(',', ends)}: {pieces}";
        }

        return new FuzzVerdict($"{whole.Status} {Math.Min(3, whole.Output.Length / 8)} {whole.Errors.Length > 0}", problem);
    }

    private static string? Compare(SlowFastCgiAnswer slow, Decoded fast)
    {
        // Of a refused answer nothing counts but that it is.
        var agrees = slow.Verdict switch
        {
            SlowFastCgiVerdict.Served => fast.Status == ParseStatus.Done && fast.Output == slow.Output && fast.Errors == slow.Errors,
            SlowFastCgiVerdict.Refused => fast.Status == ParseStatus.Invalid,
            _ => fast.Status == ParseStatus.NeedMore && fast.Output == slow.Output && fast.Errors == slow.Errors,
        };
        return agrees ? null : $"slow: {slow}, fast: {fast}";
    }

    private static Decoded Decode(byte[] input, IReadOnlyList<int> ends)
    {
        var decoder = new FastCgiDecoder();
        var output = new StringBuilder();
        var status = ParseStatus.NeedMore;
        var start = 0;
        for (var i = 0; i < ends.Count && status == ParseStatus.NeedMore; i++)
        {
            var piece = input[start..ends[i]];
            status = decoder.Decode(piece, out var produced);
            output.Append(Encoding.Latin1.GetString(piece, 0, produced));
            start = ends[i];
        }

        return status == ParseStatus.Invalid ? new Decoded(status, "", "") : new Decoded(status, output.ToString(), decoder.ErrorText);
    }

    private readonly record struct Decoded(ParseStatus Status, string Output, string Errors);
}
