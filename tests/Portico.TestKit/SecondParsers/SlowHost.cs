using System.Text.RegularExpressions;

namespace Portico.TestKit.SecondParsers;

/// <summary>A second reader of a Host header (RFC 9110, 7.2; RFC 3986, 3.2.2), by one regular expression for each of its two forms.</summary>
public static partial class SlowHost
{
    /// <returns>The name in lower case without port and without one trailing dot; null for 400.</returns>
    public static string? Normalize(string text)
    {
        var match = text.StartsWith('[') ? Literal().Match(text) : Name().Match(text);
        return match.Success ? match.Groups["name"].Value.ToLowerInvariant() : null;
    }

    [GeneratedRegex(@"\A(?<name>\[[0-9A-Fa-f:.]+\])(:[0-9]*)?\z")]
    private static partial Regex Literal();

    // Labels between single dots; a name may begin with a dot, and one dot at the end is not part of it.
    [GeneratedRegex(@"\A(?<name>\.?[A-Za-z0-9\-_~%!$&'()*+,;=]+(\.[A-Za-z0-9\-_~%!$&'()*+,;=]+)*)\.?(:[0-9]*)?\z")]
    private static partial Regex Name();
}
