using System.Collections.Immutable;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Text;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// A header that the configuration sets: name and value ready to write. A value without variables is bytes from the start.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class HeaderSetter
{
    private readonly byte[] _literal;
    private readonly CompiledTemplate? _template;

    private HeaderSetter(byte[] name, CompiledTemplate value)
    {
        Name = name;
        Id = KnownHeaders.Find(name);
        _literal = value.IsLiteral ? HeaderValue.Clean(value.Literal) : [];
        _template = value.IsLiteral ? null : value;
        UnknownVariables = value.UnknownNames;
    }

    public byte[] Name { get; }

    public HeaderId Id { get; }

    /// <summary>Names in the value that are no variables of ours; they evaluate to nothing.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    public static HeaderSetter Compile(HeaderTemplate header) =>
        new(Encoding.UTF8.GetBytes(header.Name), CompiledTemplate.Compile(header.Value));

    public static HeaderSetter Fixed(string name, string value) => Compile(new HeaderTemplate(name, Template.Literal(value)));

    /// <summary>One setter for each name: of several with the same name the last stays, as nginx's later lines win.</summary>
    public static ImmutableArray<HeaderSetter> CompileLastWins(params ReadOnlySpan<ImmutableArray<HeaderTemplate>> lists)
    {
        var byName = new OrderedDictionary<string, HeaderSetter>(StringComparer.OrdinalIgnoreCase);
        foreach (var list in lists)
        {
            foreach (var header in list)
            {
                byName[header.Name] = Compile(header);
            }
        }

        return [.. byName.Values];
    }

    public bool Is(ReadOnlySpan<byte> name) => name.Length == Name.Length && Ascii.EqualsIgnoreCase(name, Name);

    /// <summary>Adds the value, fit for a header, to <paramref name="output"/>.</summary>
    public void AppendValue(RequestContext context, ByteBuilder output)
    {
        if (_template is null)
        {
            output.Append(_literal);
            return;
        }

        var start = output.Length;
        _template.Append(context, output);
        HeaderValue.Clean(output.WrittenFrom(start));
    }

    /// <summary>Writes the header, unless its value comes out empty: an empty value means that the header is not sent.</summary>
    public void Write(RequestContext context, IHeaderWriter writer)
    {
        if (_template is null)
        {
            if (_literal.Length > 0)
            {
                writer.Add(Name, _literal);
            }

            return;
        }

        var scratch = context.Scratch;
        scratch.Clear();
        AppendValue(context, scratch);
        if (scratch.Length > 0)
        {
            writer.Add(Name, scratch.Written);
        }
    }
}
