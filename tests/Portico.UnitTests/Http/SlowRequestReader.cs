using System.Text;

namespace Portico.UnitTests.Http;

/// <summary>
/// A second request parser, slow and obvious: cuts the text at CRLF and checks each line by the letter of RFC 9112. It stands beside the
/// real one in property tests; where the two disagree one of them is wrong.
/// </summary>
internal static class SlowRequestReader
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <returns>Method, target and headers; null when the head is refused or not complete.</returns>
    public static SlowRequest? Read(string text)
    {
        while (text.StartsWith("\r\n", StringComparison.Ordinal))
        {
            text = text[2..];
        }

        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var lines = text[..end].Split("\r\n");
        if (lines.Any(line => line.Contains('\r') || line.Contains('\n')))
        {
            return null;
        }

        var parts = lines[0].Split(' ');
        if (parts.Length != 3 || parts[0].Length == 0 || parts[0].Any(c => c is not (>= 'A' and <= 'Z' or '-' or '_')))
        {
            return null;
        }

        if (parts[2] is not ("HTTP/1.0" or "HTTP/1.1") || !parts[1].StartsWith('/') || parts[1].Any(c => c is < ' ' or '\x7f'))
        {
            return null;
        }

        var headers = new List<(string Name, string Value)>();
        foreach (var line in lines[1..])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[..colon].Any(c => !TokenCharacters.Contains(c, StringComparison.Ordinal)))
            {
                return null;
            }

            var value = line[(colon + 1)..].Trim(' ', '\t');
            if (value.Any(c => (c < ' ' && c != '\t') || c == '\x7f'))
            {
                return null;
            }

            headers.Add((line[..colon], value));
        }

        return IsAmbiguous(parts, headers) ? null : new SlowRequest(parts[0], parts[1], headers);
    }

    private static bool IsAmbiguous(string[] requestLine, List<(string Name, string Value)> headers)
    {
        string[] All(string name) => [.. headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];
        var hosts = All("Host");
        var lengths = All("Content-Length");
        var codings = All("Transfer-Encoding");
        var http10 = requestLine[2] == "HTTP/1.0";
        return requestLine[0] is "TRACE" or "CONNECT"
            || hosts.Length > 1 || (hosts.Length == 0 && !http10) || hosts is [""]
            || lengths.Length > 1 || (lengths.Length == 1 && codings.Length > 0)
            || (lengths.Length == 1 && (lengths[0].Length is 0 or > 18 || lengths[0].Any(c => c is < '0' or > '9')))
            || codings.Length > 1
            || (codings.Length == 1 && (http10 || !codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase)));
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}

internal sealed record SlowRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers);
