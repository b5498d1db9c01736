using System.Text;

namespace Portico.Install;

/// <summary>
/// The language of <c>--set</c>, as Helm's: <c>a.b=1,c={x,y}</c>. A backslash takes the meaning from a dot, a comma or a brace.
/// Lists are set as a whole; <c>a[0]=x</c> is not part of it.
/// </summary>
internal static class SetFlag
{
    /// <param name="asText">Whether every value is a text, whatever it looks like (<c>--set-string</c>).</param>
    /// <exception cref="FormatException">The message says what is wrong.</exception>
    public static Dictionary<string, object?> Parse(string text, bool asText)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var setting in Split(text, ','))
        {
            var mark = IndexOfPlain(setting, '=');
            if (mark < 1)
            {
                throw new FormatException($"'{setting}' is not NAME=VALUE");
            }

            Put(values, [.. Split(setting[..mark], '.').Select(Unescape)], ValueOf(setting[(mark + 1)..], asText));
        }

        return values;
    }

    private static object? ValueOf(string text, bool asText)
    {
        if (text is ['{', .. var items, '}'])
        {
            return items.Length == 0 ? [] : Split(items, ',').Select(i => ValueOf(i, asText)).ToList();
        }

        return asText ? Unescape(text) : text.Length == 0 ? "" : ChartYaml.ReadScalar(Unescape(text));
    }

    private static void Put(Dictionary<string, object?> values, string[] path, object? value)
    {
        foreach (var step in path[..^1])
        {
            if (step.EndsWith(']') || values.GetValueOrDefault(step) is not (null or Dictionary<string, object?>))
            {
                throw new FormatException($"'{string.Join('.', path)}': {step} is no map");
            }

            if (values.GetValueOrDefault(step) is not Dictionary<string, object?> inner)
            {
                values[step] = inner = new Dictionary<string, object?>(StringComparer.Ordinal);
            }

            values = inner;
        }

        if (path[^1].EndsWith(']'))
        {
            throw new FormatException($"'{string.Join('.', path)}': a list is set as a whole, NAME={{A,B}}");
        }

        values[path[^1]] = value;
    }

    /// <summary>Splits at separators that stand in no braces and behind no backslash.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '{':
                    depth++;
                    break;
                case '}':
                    depth--;
                    break;
                case var c when c == separator && depth == 0:
                    parts.Add(text[start..i]);
                    start = i + 1;
                    break;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static int IndexOfPlain(string text, char sought)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == sought)
            {
                return i;
            }
        }

        return -1;
    }

    private static string Unescape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i++;
            }

            result.Append(text[i]);
        }

        return result.ToString();
    }
}
