using System.Text;

namespace Portico.Proxy.Compression;

/// <summary>Reads Accept-Encoding as nginx does: the coding must be named, alone or with a weight above zero. Stateless.</summary>
internal static class AcceptEncoding
{
    public static bool Accepts(ReadOnlySpan<byte> header, ReadOnlySpan<byte> coding)
    {
        while (header.Length > 0)
        {
            var end = header.IndexOf((byte)',');
            var item = end < 0 ? header : header[..end];
            header = end < 0 ? default : header[(end + 1)..];
            var parameters = item.IndexOf((byte)';');
            var name = (parameters < 0 ? item : item[..parameters]).Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(name, coding))
            {
                return parameters < 0 || HasWeight(item[(parameters + 1)..]);
            }
        }

        return false;
    }

    /// <summary><c>q=0</c>, <c>q=0.0</c> and what is no weight refuse (RFC 9110, 12.4.2).</summary>
    private static bool HasWeight(ReadOnlySpan<byte> parameter)
    {
        parameter = parameter.Trim(" \t"u8);
        if (parameter.Length == 0)
        {
            return true;
        }

        if (parameter.Length < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=')
        {
            return false;
        }

        var weight = parameter[2..];
        return weight[0] == '1' || (weight is [(byte)'0', (byte)'.', ..] && weight[2..].IndexOfAnyInRange((byte)'1', (byte)'9') >= 0);
    }
}
