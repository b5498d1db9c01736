using System.Globalization;
using System.Text;

namespace Portico.TestKit.SecondParsers;

/// <summary>
/// A second request parser, slow and obvious: cuts the text at CRLF and checks each line by the letter of RFC 9112. It stands beside the
/// real one in property tests and in the fuzzer; where the two disagree one of them is wrong. It knows no limits on sizes.
/// </summary>
public static class SlowRequestReader
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly string[] Schemes = ["http://", "https://"];

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Whether the text holds a head from its first to its last line, good or bad.</summary>
    public static bool IsWhole(string text) => WithoutEmptyLines(text).Contains("\r\n\r\n", StringComparison.Ordinal);

    /// <returns>What the head says; null when it is refused or not complete.</returns>
    public static SlowRequest? Read(string text)
    {
        var head = WithoutEmptyLines(text);
        var end = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var lines = head[..end].Split("\r\n");
        if (lines.Any(line => line.Contains('\r') || line.Contains('\n')))
        {
            return null;
        }

        var request = ReadRequestLine(lines[0]);
        var headers = ReadFields(lines[1..]);
        if (request is null || headers is null)
        {
            return null;
        }

        var found = request with { Headers = headers, HeadLength = text.Length - head.Length + end + 4 };
        return IsAmbiguous(found) ? null : found;
    }

    private static string WithoutEmptyLines(string text)
    {
        while (text.StartsWith("\r\n", StringComparison.Ordinal))
        {
            text = text[2..];
        }

        return text;
    }

    private static SlowRequest? ReadRequestLine(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 3 || parts[0].Length == 0 || parts[0].Any(c => c is not (>= 'A' and <= 'Z' or '-' or '_')))
        {
            return null;
        }

        var version = parts[2];
        if (version.Length != 8 || !version.StartsWith("HTTP/1.", StringComparison.Ordinal) || !char.IsAsciiDigit(version[7]))
        {
            return null;
        }

        var target = parts[1];
        if (target.Length == 0 || target.Any(c => c is < ' ' or '\x7f'))
        {
            return null;
        }

        var (authority, path) = SplitTarget(target);
        return path is null ? null : new SlowRequest(parts[0], target, authority, path, version == "HTTP/1.0", [], 0);
    }

    /// <returns>No path for a target that is refused.</returns>
    private static (string Authority, string? Path) SplitTarget(string target)
    {
        if (target[0] == '/')
        {
            return ("", target);
        }

        var scheme = Schemes.FirstOrDefault(s => target.StartsWith(s, StringComparison.OrdinalIgnoreCase));
        if (scheme is null)
        {
            return ("", null);
        }

        var rest = target[scheme.Length..];
        var authority = new string([.. rest.TakeWhile(c => c is not ('/' or '?' or '#'))]);
        var path = rest[authority.Length..];
        return authority.Length == 0 || authority.Contains('@') || (path.Length > 0 && path[0] != '/')
            ? ("", null)
            : (authority, path.Length == 0 ? "/" : path);
    }

    private static List<(string Name, string Value)>? ReadFields(string[] lines)
    {
        var headers = new List<(string Name, string Value)>();
        foreach (var line in lines)
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

        return headers;
    }

    private static bool IsAmbiguous(SlowRequest request)
    {
        var hosts = request.All("Host");
        var lengths = request.All("Content-Length");
        var codings = request.All("Transfer-Encoding");
        return request.Method is "TRACE" or "CONNECT"
            || hosts.Length > 1 || (hosts.Length == 0 && !request.IsHttp10) || hosts is [""]
            || lengths.Length > 1 || (lengths.Length == 1 && codings.Length > 0)
            || (lengths.Length == 1 && (lengths[0].Length is 0 or > 18 || lengths[0].Any(c => c is < '0' or > '9')))
            || codings.Length > 1
            || (codings.Length == 1 && (request.IsHttp10 || !codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase)));
    }
}

/// <summary>What <see cref="SlowRequestReader"/> found.</summary>
/// <param name="TargetAuthority">The authority of an absolute target, else empty.</param>
/// <param name="HeadLength">With the empty lines in front and the one behind.</param>
public sealed record SlowRequest(
    string Method, string Target, string TargetAuthority, string PathAndQuery, bool IsHttp10, IReadOnlyList<(string Name, string Value)> Headers, int HeadLength)
{
    public string Authority => TargetAuthority.Length > 0 ? TargetAuthority : All("Host").FirstOrDefault("");

    public bool IsChunked => All("Transfer-Encoding").Length > 0;

    public long ContentLength => All("Content-Length") is [var length] ? long.Parse(length, CultureInfo.InvariantCulture) : 0;

    public bool KeepAlive => IsHttp10 ? HasToken("Connection", "keep-alive") : !HasToken("Connection", "close");

    public bool ExpectsContinue => !IsHttp10 && HasToken("Expect", "100-continue");

    public bool WantsUpgrade => !IsHttp10 && All("Upgrade").FirstOrDefault("").Length > 0;

    public string[] All(string name) => [.. Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    private bool HasToken(string name, string token) =>
        All(name).SelectMany(value => value.Split(',')).Any(element => element.Trim(' ', '\t').Equals(token, StringComparison.OrdinalIgnoreCase));
}
