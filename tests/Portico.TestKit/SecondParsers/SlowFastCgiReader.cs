using System.Text;

namespace Portico.TestKit.SecondParsers;

public enum SlowFastCgiVerdict
{
    Unfinished,
    Served,
    Refused,
}

public readonly record struct SlowFastCgiAnswer(SlowFastCgiVerdict Verdict, string Output, string Errors);

/// <summary>A second reader of an application's records (FastCGI 1.0, 3.3), slow and obvious: record by record, from the whole input.</summary>
public static class SlowFastCgiReader
{
    private const int KeptErrors = 1024;

    public static SlowFastCgiAnswer Read(byte[] input)
    {
        var output = new StringBuilder();
        var errors = new List<byte>();
        var at = 0;
        while (at < input.Length)
        {
            var header = input[at..Math.Min(input.Length, at + 8)];
            if (header[0] != 1)
            {
                return Refused;
            }

            if (header.Length < 8)
            {
                break;
            }

            var (type, request, length, padding) = (header[1], (header[2] * 256) + header[3], (header[4] * 256) + header[5], header[6]);
            if (request > 1 || (request == 1 && (type is not (3 or 6 or 7) || (type == 3 && length != 8))))
            {
                return Refused;
            }

            at += 8;
            var content = input[at..Math.Min(input.Length, at + length)];
            at += length;
            switch (request == 1 ? type : 0)
            {
                case 6:
                    output.Append(Encoding.Latin1.GetString(content));
                    break;
                case 7:
                    errors.AddRange(content);
                    break;
                case 3 when content.Length == 8:
                    return content[4] == 0 ? new SlowFastCgiAnswer(SlowFastCgiVerdict.Served, output.ToString(), Print(errors)) : Refused;
            }

            at += padding;
        }

        return new SlowFastCgiAnswer(SlowFastCgiVerdict.Unfinished, output.ToString(), Print(errors));
    }

    private static SlowFastCgiAnswer Refused => new(SlowFastCgiVerdict.Refused, "", "");

    private static string Print(List<byte> errors) => Encoding.UTF8.GetString([.. errors.Take(KeptErrors)]).Trim();
}
