using System.Globalization;
using System.Text;

namespace Portico.TestKit.Wire;

/// <summary>Bytes as test code writes them: one character is one byte (Latin-1).</summary>
public static class Text
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Bytes on one readable line, control characters escaped, cut when long.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        foreach (var b in bytes[..Math.Min(bytes.Length, 300)])
        {
            shown.Append(b switch
            {
                (byte)'\r' => "\\r",
                (byte)'\n' => "\\n",
                < 0x20 or >= 0x7f => string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
                _ => ((char)b).ToString(),
            });
        }
        if (bytes.Length > 300)
        {
            shown.Append(CultureInfo.InvariantCulture, $"... ({bytes.Length} bytes)");
        }
        return shown.ToString();
    }
}
