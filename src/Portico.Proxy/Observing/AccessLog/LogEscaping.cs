using System.Buffers;
using System.Globalization;
using Portico.Model;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// Makes variable values safe for a log line, byte for byte as nginx's <c>log_format escape=…</c>. A table tells how long
/// each byte becomes; values without special bytes, nearly all, are only looked at.
/// </summary>
internal sealed class LogEscaping
{
    private readonly SearchValues<byte> _special;
    private readonly byte[]?[] _replacements = new byte[256][];

    private LogEscaping(Func<byte, string?> replacement)
    {
        var special = new List<byte>();
        for (var b = 0; b < 256; b++)
        {
            if (replacement((byte)b) is { } text)
            {
                special.Add((byte)b);
                _replacements[b] = System.Text.Encoding.ASCII.GetBytes(text);
            }
        }

        _special = SearchValues.Create(special.ToArray());
    }

    /// <summary>Quotes, backslashes and everything outside printable ASCII become <c>\xHH</c>.</summary>
    private static LogEscaping Default { get; } = new(b =>
        b is (byte)'"' or (byte)'\\' or < 0x20 or >= 0x7F ? string.Create(CultureInfo.InvariantCulture, $"\\x{b:X2}") : null);

    /// <summary>The escapes of JSON strings (RFC 8259, 7); bytes from 0x80 on pass as they are.</summary>
    private static LogEscaping Json { get; } = new(b => b switch
    {
        (byte)'"' => "\\\"",
        (byte)'\\' => "\\\\",
        (byte)'\n' => "\\n",
        (byte)'\r' => "\\r",
        (byte)'\t' => "\\t",
        (byte)'\b' => "\\b",
        (byte)'\f' => "\\f",
        < 0x20 => string.Create(CultureInfo.InvariantCulture, $"\\u00{b:X2}"),
        _ => null,
    });

    /// <summary>Null when values are written as they are.</summary>
    public static LogEscaping? For(LogEscape escape) => escape switch
    {
        LogEscape.Default => Default,
        LogEscape.Json => Json,
        _ => null,
    };

    /// <summary>Escapes what was written since <paramref name="start"/>, in place.</summary>
    public void Apply(ByteBuilder line, int start)
    {
        if (line.WrittenFrom(start).ContainsAny(_special))
        {
            Expand(line, start);
        }
    }

    private void Expand(ByteBuilder line, int start)
    {
        var read = line.Length - start;
        var more = 0;
        foreach (var b in line.WrittenFrom(start))
        {
            more += _replacements[b] is { } replacement ? replacement.Length - 1 : 0;
        }

        line.Reserve(more);
        line.Advance(more);
        var bytes = line.WrittenFrom(start);
        // From the back, so that nothing is overwritten before it has moved; both ends meet at the first special byte.
        for (var write = bytes.Length; read < write;)
        {
            var b = bytes[--read];
            if (_replacements[b] is { } replacement)
            {
                write -= replacement.Length;
                replacement.CopyTo(bytes[write..]);
            }
            else
            {
                bytes[--write] = b;
            }
        }
    }
}
