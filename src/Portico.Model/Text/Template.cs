using System.Collections.Immutable;
using System.Text;

namespace Portico.Model.Text;

/// <summary>
/// A text with nginx variables, parsed once: <c>$name</c>, <c>${name}</c>, <c>$1</c>. A dollar sign that starts no name stands for itself.
/// </summary>
public sealed class Template : IEquatable<Template>
{
    private Template(string source, ImmutableArray<TemplatePart> parts)
    {
        Source = source;
        Parts = parts;
    }

    public static Template Empty { get; } = new("", []);

    /// <summary>The text as written.</summary>
    public string Source { get; }

    public ImmutableArray<TemplatePart> Parts { get; }

    public bool IsEmpty => Parts.IsEmpty;

    /// <summary>Whether the text holds no variable, so that it always evaluates to <see cref="Source"/>.</summary>
    public bool IsLiteral => Parts.All(p => p.Kind == TemplatePartKind.Literal);

    /// <summary>A template without variables: every character, also a dollar sign, stands for itself.</summary>
    public static Template Literal(string text) =>
        text.Length == 0 ? Empty : new Template(text, [new TemplatePart(TemplatePartKind.Literal, text)]);

    public static Template Parse(string text)
    {
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '$' || !TryReadName(text, i + 1, out var name, out var next))
            {
                literal.Append(text[i++]);
                continue;
            }

            if (literal.Length > 0)
            {
                parts.Add(new TemplatePart(TemplatePartKind.Literal, literal.ToString()));
                literal.Clear();
            }

            parts.Add(char.IsAsciiDigit(name[0])
                ? new TemplatePart(TemplatePartKind.Group, name)
                : new TemplatePart(TemplatePartKind.Variable, name.ToLowerInvariant()));
            i = next;
        }

        if (literal.Length > 0)
        {
            parts.Add(new TemplatePart(TemplatePartKind.Literal, literal.ToString()));
        }

        return new Template(text, parts.ToImmutable());
    }

    public bool Equals(Template? other) => other is not null && Source == other.Source && Parts.SequenceEqual(other.Parts);

    public override bool Equals(object? obj) => Equals(obj as Template);

    public override int GetHashCode() => Source.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Source;

    private static bool TryReadName(string text, int start, out string name, out int next)
    {
        name = "";
        next = start;
        var braced = start < text.Length && text[start] == '{';
        var from = braced ? start + 1 : start;
        var to = from;
        if (to < text.Length && char.IsAsciiDigit(text[to]))
        {
            // nginx reads one digit: $10 is $1 followed by 0.
            to++;
        }
        else
        {
            while (to < text.Length && (char.IsAsciiLetterOrDigit(text[to]) || text[to] == '_'))
            {
                to++;
            }
        }

        if (to == from || (braced && (to >= text.Length || text[to] != '}')))
        {
            return false;
        }

        name = text[from..to];
        next = braced ? to + 1 : to;
        return true;
    }
}

public enum TemplatePartKind
{
    /// <summary>Text as it is.</summary>
    Literal,

    /// <summary>An nginx variable; <see cref="TemplatePart.Text"/> is its lower-case name without the dollar sign.</summary>
    Variable,

    /// <summary>A numbered group of the match in force.</summary>
    Group,
}

public sealed record TemplatePart(TemplatePartKind Kind, string Text);

/// <summary>A header whose value may hold variables.</summary>
public sealed record HeaderTemplate(string Name, Template Value);
