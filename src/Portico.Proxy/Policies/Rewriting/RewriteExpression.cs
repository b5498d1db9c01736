using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Proxy.Policies.Rewriting;

/// <summary>
/// The expression of a rewrite: PCRE text over bytes, unanchored, letters in either case, in time linear in the path.
/// A match allocates. Immutable, shared by all shards.
/// </summary>
internal sealed class RewriteExpression
{
    /// <summary>One byte is one character, as in PCRE without its UTF mode.</summary>
    private static readonly Encoding Bytes = Encoding.Latin1;

    private readonly Regex _regex;

    private RewriteExpression(Regex regex, IReadOnlyDictionary<string, int> groupNames)
    {
        _regex = regex;
        GroupNames = groupNames;
        GroupCount = regex.GetGroupNumbers().Length;
    }

    /// <summary>Groups, the whole match (0) included.</summary>
    public int GroupCount { get; }

    /// <summary>The numbers of the named groups, counted from left to right among all groups, as PCRE counts.</summary>
    public IReadOnlyDictionary<string, int> GroupNames { get; }

    public static bool TryCompile(string pattern, [NotNullWhen(true)] out RewriteExpression? expression, out string error)
    {
        expression = null;
        error = "";
        try
        {
            var text = PcreSyntax.ToDotNet(Bytes.GetString(Encoding.UTF8.GetBytes(pattern)), out var groupNames);
            var regex = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            expression = new RewriteExpression(regex, groupNames);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            error = refused.Message;
            return false;
        }
    }

    public bool IsMatch(ReadOnlySpan<byte> path) => _regex.IsMatch(Bytes.GetString(path));

    /// <param name="slots">Two for each group: where it begins and where it ends, both -1 when it took no part.</param>
    public bool TryMatch(ReadOnlySpan<byte> path, Span<int> slots)
    {
        var match = _regex.Match(Bytes.GetString(path));
        for (var i = 0; match.Success && i < GroupCount; i++)
        {
            var group = match.Groups[i];
            slots[2 * i] = group.Success ? group.Index : -1;
            slots[(2 * i) + 1] = group.Success ? group.Index + group.Length : -1;
        }

        return match.Success;
    }
}

/// <summary>
/// Where PCRE writes something that .NET reads differently: named groups count among the numbered ones, POSIX classes, a
/// bracket inside a class (in .NET the beginning of a subtraction), <c>\_</c>. Everything else that .NET does not know it
/// refuses by itself.
/// </summary>
internal static class PcreSyntax
{
    private static readonly Dictionary<string, string> PosixClasses = new()
    {
        ["alnum"] = "a-zA-Z0-9",
        ["alpha"] = "a-zA-Z",
        ["blank"] = " \\t",
        ["digit"] = "0-9",
        ["lower"] = "a-z",
        ["punct"] = "!-/:-@\\[-`{-~",
        ["space"] = "\\s",
        ["upper"] = "A-Z",
        ["word"] = "a-zA-Z0-9_",
        ["xdigit"] = "0-9A-Fa-f",
    };

    public static string ToDotNet(string pattern, out IReadOnlyDictionary<string, int> groupNames)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var output = new StringBuilder(pattern.Length);
        var groups = 0;
        for (var i = 0; i < pattern.Length;)
        {
            switch (pattern[i])
            {
                case '\\':
                    i = CopyEscape(pattern, i, output);
                    break;
                case '[':
                    i = CopyClass(pattern, i, output);
                    break;
                case '(' when IsNamedGroup(pattern, i, out var name, out var next):
                    // A template names variables in small letters whatever case they are written in.
                    names.TryAdd(name.ToLower(CultureInfo.InvariantCulture), ++groups);
                    output.Append('(');
                    i = next;
                    break;
                case '(':
                    groups += i + 1 < pattern.Length && pattern[i + 1] is '?' or '*' ? 0 : 1;
                    output.Append(pattern[i++]);
                    break;
                default:
                    output.Append(pattern[i++]);
                    break;
            }
        }

        groupNames = names;
        return output.ToString();
    }

    private static int CopyEscape(string pattern, int at, StringBuilder output)
    {
        if (at + 1 < pattern.Length && pattern[at + 1] == '_')
        {
            output.Append('_');
        }
        else
        {
            output.Append(pattern, at, Math.Min(2, pattern.Length - at));
        }

        return at + 2;
    }

    private static int CopyClass(string pattern, int at, StringBuilder output)
    {
        output.Append('[');
        at++;
        if (at < pattern.Length && pattern[at] == '^')
        {
            output.Append(pattern[at++]);
        }

        for (var first = true; at < pattern.Length; first = false)
        {
            var c = pattern[at];
            if (c == ']' && !first)
            {
                output.Append(c);
                return at + 1;
            }

            if (c == '\\')
            {
                at = CopyEscape(pattern, at, output);
            }
            else if (c == '[' && TryReadPosixClass(pattern, at, out var members, out var next))
            {
                output.Append(members);
                at = next;
            }
            else
            {
                output.Append(c is '[' or ']' ? "\\" : "").Append(c);
                at++;
            }
        }

        return at;
    }

    private static bool TryReadPosixClass(string pattern, int at, out string members, out int next)
    {
        members = "";
        next = at;
        var end = at + 1 < pattern.Length && pattern[at + 1] == ':' ? pattern.IndexOf(":]", at + 2, StringComparison.Ordinal) : -1;
        if (end < 0 || !PosixClasses.TryGetValue(pattern[(at + 2)..end], out var found))
        {
            return false;
        }

        members = found;
        next = end + 2;
        return true;
    }

    /// <summary><c>(?&lt;name&gt;</c>, <c>(?P&lt;name&gt;</c> or <c>(?'name'</c>; not the look-behinds <c>(?&lt;=</c> and <c>(?&lt;!</c>.</summary>
    private static bool IsNamedGroup(string pattern, int at, out string name, out int next)
    {
        name = "";
        next = at;
        var rest = pattern.AsSpan(at);
        var open = rest.StartsWith("(?P<", StringComparison.Ordinal) ? 4
            : rest.StartsWith("(?<", StringComparison.Ordinal) || rest.StartsWith("(?'", StringComparison.Ordinal) ? 3
            : 0;
        if (open == 0 || rest.Length == open || !(char.IsAsciiLetter(rest[open]) || rest[open] == '_'))
        {
            return false;
        }

        var end = rest[open..].IndexOf(rest[open - 1] == '\'' ? '\'' : '>');
        if (end < 0)
        {
            return false;
        }

        name = rest.Slice(open, end).ToString();
        next = at + open + end + 1;
        return true;
    }
}
