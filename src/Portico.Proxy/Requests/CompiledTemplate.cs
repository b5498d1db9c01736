using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Portico.Model.Text;

namespace Portico.Proxy.Requests;

/// <summary>
/// A <see cref="Template"/> with its variables looked up once, evaluated without allocation. Immutable, shared by all shards.
/// What is unset evaluates to nothing; a caller to whom the difference matters (the access log) walks <see cref="Segments"/>.
/// </summary>
internal sealed class CompiledTemplate
{
    private static readonly ConditionalWeakTable<Template, CompiledTemplate> Shared = new();

    private readonly TemplateSegment[] _segments;

    private CompiledTemplate(TemplateSegment[] segments, ImmutableArray<string> unknownNames)
    {
        _segments = segments;
        UnknownNames = unknownNames;
    }

    public ReadOnlySpan<TemplateSegment> Segments => _segments;

    /// <summary>Names that are neither a variable nor a group: reported when the configuration is read, empty when evaluated.</summary>
    public ImmutableArray<string> UnknownNames { get; }

    public bool IsEmpty => _segments.Length == 0;

    public bool IsLiteral => _segments is [] or [{ Variable: null }];

    /// <summary>The bytes of a template without variables.</summary>
    public byte[] Literal => _segments is [{ Variable: null } only] ? only.Literal : [];

    /// <summary>The compiled form of a template that is used without groups; compiled once.</summary>
    public static CompiledTemplate For(Template template) => Shared.GetValue(template, static t => Compile(t));

    /// <param name="groupNames">Names of the groups of the regular expression in force; they hide variables of the same name.</param>
    public static CompiledTemplate Compile(Template template, IReadOnlyDictionary<string, int>? groupNames = null)
    {
        var segments = new List<TemplateSegment>();
        var unknown = ImmutableArray.CreateBuilder<string>();
        foreach (var part in template.Parts)
        {
            Variable? variable = null;
            if (part.Kind == TemplatePartKind.Group)
            {
                variable = new GroupVariable(part.Text[0] - '0');
            }
            else if (part.Kind == TemplatePartKind.Variable)
            {
                if (groupNames is not null && groupNames.TryGetValue(part.Text, out var number))
                {
                    variable = new GroupVariable(number);
                }
                else if (!Variables.TryFind(part.Text, out variable))
                {
                    unknown.Add(part.Text);
                    continue;
                }
            }

            segments.Add(new TemplateSegment(variable is null ? Encoding.UTF8.GetBytes(part.Text) : [], variable));
        }

        return new CompiledTemplate([.. segments], unknown.ToImmutable());
    }

    public void Append(RequestContext context, ByteBuilder output)
    {
        foreach (var segment in _segments)
        {
            if (segment.Variable is null)
            {
                output.Append(segment.Literal);
            }
            else
            {
                segment.Variable.TryAppend(context, output);
            }
        }
    }
}

/// <summary>A piece of a template: literal bytes, or a variable.</summary>
internal readonly record struct TemplateSegment(byte[] Literal, Variable? Variable);
