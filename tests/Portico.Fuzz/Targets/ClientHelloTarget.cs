using System.Text;
using Portico.Net.Tls;

namespace Portico.Fuzz.Targets;

/// <summary>ClientHello beside a slow reader that puts the records together first; however much of the input it is shown.</summary>
internal sealed class ClientHelloTarget : FuzzTarget
{
    public override string Name => "client-hello";

    public override int LongestInput => 600;

    public override IReadOnlyList<string> Words { get; } =
    [
        "\x16\x03\x01", "\x16\x03\x03", "\0\x01", "\0\x05", "\0\x10", "\x01\0\0", "\0\0", "\0", "\x02\x13\x01", "\x01\0", "\0\x0f", "\0\0\0\x0b\0\x09\0\0\x06x.test", "x.test",
    ];

    public override FuzzVerdict Check(byte[] input)
    {
        var (status, name) = Parse(input, input.Length);
        var slow = ReadSlowly(input);
        string? problem = slow == (status == ClientHelloStatus.Done ? name : null) ? null : $"slow: {slow ?? "none"}, fast: {status} '{name}'";
        var decided = ClientHelloStatus.NeedMore;
        for (var length = 0; length <= input.Length && problem is null; length++)
        {
            var (shown, seen) = Parse(input, length);
            problem = decided != ClientHelloStatus.NeedMore && shown != decided ? $"{decided}, then {shown} at {length}"
                : shown == ClientHelloStatus.Done && seen != name ? $"'{name}', but '{seen}' at {length}"
                : null;
            decided = shown;
        }

        return new FuzzVerdict($"{status} {name.Length > 0}", problem);
    }

    private static (ClientHelloStatus Status, string Name) Parse(byte[] input, int length)
    {
        var name = new byte[ClientHello.LongestName];
        var status = ClientHello.Parse(input.AsSpan(0, length), name, out var count);
        return (status, Encoding.Latin1.GetString(name, 0, count));
    }

    /// <summary>The name, empty when there is none; null when there is no whole, consistent hello.</summary>
    private static string? ReadSlowly(byte[] input)
    {
        try
        {
            var message = Unwrap(input);
            var body = message[4..(4 + Number(message, 1, 3))];
            if (message[0] != 1)
            {
                return null;
            }

            var at = 34;
            at += 1 + Number(body, at, 1);
            at += 2 + Number(body, at, 2);
            at += 1 + Number(body, at, 1);
            return at == body.Length ? "" : ReadExtensions(body[(at + 2)..(at + 2 + Number(body, at, 2))], body.Length - at - 2);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static string? ReadExtensions(byte[] extensions, int room)
    {
        if (extensions.Length != room)
        {
            return null;
        }

        var name = "";
        for (var at = 0; at < extensions.Length;)
        {
            var type = Number(extensions, at, 2);
            var size = Number(extensions, at + 2, 2);
            var content = extensions[(at + 4)..(at + 4 + size)];
            at += 4 + size;
            if (type != 0 || name.Length > 0 || size == 0)
            {
                continue;
            }

            var length = Number(content, 3, 2);
            if (Number(content, 0, 2) != size - 2 || length > size - 5)
            {
                return null;
            }

            name = content[2] == 0 && length <= ClientHello.LongestName ? Encoding.Latin1.GetString(content, 5, length) : "";
        }

        return name;
    }

    /// <summary>The content of the whole records at the beginning, as far as the message goes.</summary>
    private static byte[] Unwrap(byte[] input)
    {
        var content = new List<byte>();
        for (var at = 0; at < input.Length && (content.Count < 4 || content.Count < 4 + Number([.. content], 1, 3));)
        {
            var size = Number(input, at + 3, 2);
            if (input[at] != 22 || input[at + 1] != 3 || size is 0 or > 16384)
            {
                throw new FormatException("no handshake record");
            }

            content.AddRange(input[(at + 5)..Math.Min(input.Length, at + 5 + size)]);
            at += 5 + size;
        }

        return [.. content];
    }

    private static int Number(byte[] bytes, int at, int size)
    {
        var number = 0;
        for (var i = 0; i < size; i++)
        {
            number = (number << 8) | bytes[at + i];
        }

        return number;
    }
}
