using System.Text;

namespace Portico.Ingress.Hosts;

/// <summary>Escapes path texts for a Location header.</summary>
internal static class UriText
{
    public static string EscapePath(string path)
    {
        var escaped = new StringBuilder(path.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(path))
        {
            if (octet is > 0x20 and < 0x7F and not ((byte)'"' or (byte)'#' or (byte)'%' or (byte)'?' or (byte)'<' or (byte)'>' or (byte)'\\' or (byte)'^' or (byte)'`' or (byte)'{' or (byte)'|' or (byte)'}'))
            {
                escaped.Append((char)octet);
            }
            else
            {
                escaped.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }
}
