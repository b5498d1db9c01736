using System.Globalization;
using System.Text;

namespace Portico.TestKit.SecondParsers;

/// <summary>A second way to nginx's <c>$uri</c>, slow and obvious: decodes the whole path, splits it at slashes, stacks the segments.</summary>
public static class SlowPath
{
    /// <returns>The normalised path; null for 400.</returns>
    public static string? Normalize(string raw)
    {
        var path = raw.Split('#', '?')[0];
        if (path.Length == 0)
        {
            return raw.StartsWith('#') ? null : "/";
        }

        var decoded = path[0] == '/' ? Decode(path) : null;
        return decoded is null ? null : Resolve(decoded);
    }

    private static string? Decode(string path)
    {
        var decoded = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                decoded.Append(path[i]);
                continue;
            }

            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return null;
            }

            var value = byte.Parse(path.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (value == 0)
            {
                return null;
            }

            decoded.Append((char)value);
            i += 2;
        }

        return decoded.ToString();
    }

    private static string? Resolve(string decoded)
    {
        var segments = decoded.Split('/')[1..];
        var stack = new Stack<string>();
        foreach (var segment in segments)
        {
            if (segment == ".." && !stack.TryPop(out _))
            {
                return null;
            }

            if (segment is not ("" or "." or ".."))
            {
                stack.Push(segment);
            }
        }

        var open = stack.Count > 0 && segments[^1] is "" or "." or "..";
        return "/" + string.Join('/', stack.Reverse()) + (open && stack.Count > 0 ? "/" : "");
    }
}
