using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Portico.Ingress.Annotations;

/// <summary>
/// Takes a snippet apart into simple directives, by the rules of nginx's configuration: words between blanks, in quotes where they hold some, a
/// backslash before a character that would mean something, comments to the end of a line, a semicolon at the end. Blocks are none of them.
/// </summary>
internal static class SnippetDirectives
{
    /// <param name="directives">Name and arguments, in order.</param>
    /// <param name="problem">What the text has that is no simple directive.</param>
    public static bool TryRead(string text, out ImmutableArray<ImmutableArray<string>> directives, [NotNullWhen(false)] out string? problem)
    {
        var read = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        var words = ImmutableArray.CreateBuilder<string>();
        problem = null;
        var at = 0;
        while (problem is null && SkipBlanks(text, ref at))
        {
            switch (text[at])
            {
                case ';' when words.Count > 0:
                    read.Add(words.DrainToImmutable());
                    at++;
                    break;
                case ';' or '{' or '}':
                    problem = $"it has a '{text[at]}' where no block can stand";
                    break;
                default:
                    words.Add(ReadWord(text, ref at, out problem));
                    break;
            }
        }

        problem ??= words.Count > 0 ? $"'{words[0]}' does not end with a semicolon" : null;
        directives = problem is null ? read.DrainToImmutable() : [];
        return problem is null;
    }

    /// <summary>Also over comments, which begin where a word could.</summary>
    private static bool SkipBlanks(string text, ref int at)
    {
        while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == '#'))
        {
            var end = text[at] == '#' ? text.IndexOf('\n', at) : at;
            at = end < 0 ? text.Length : end + 1;
        }

        return at < text.Length;
    }

    private static string ReadWord(string text, ref int at, out string? problem)
    {
        problem = null;
        var quote = text[at] is '"' or '\'' ? text[at++] : '\0';
        var word = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at];
            if (quote != '\0' ? c == quote : char.IsWhiteSpace(c) || c is ';' or '{' or '}')
            {
                break;
            }

            // "${name}" is a variable, not a block.
            if (c == '$' && quote == '\0' && text.IndexOf('}', at) is var end && end > at && at + 1 < text.Length && text[at + 1] == '{')
            {
                word.Append(text, at, end + 1 - at);
                at = end + 1;
                continue;
            }

            at += c == '\\' && at + 1 < text.Length ? 1 : 0;
            word.Append(text[at++]);
        }

        if (quote != '\0')
        {
            if (at == text.Length)
            {
                problem = "a quote is not closed";
                return "";
            }

            at++;
            problem = at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] != ';' ? $"something stands right behind the quote of '{word}'" : null;
        }

        return word.ToString();
    }
}
