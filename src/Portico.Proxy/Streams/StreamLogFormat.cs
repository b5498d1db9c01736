using System.Collections.Immutable;
using System.Text;
using Portico.Model;
using Portico.Model.Text;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Streams;

/// <summary>The format of a session's log line, ready to run (<c>log-format-stream</c>). Immutable, compiled with the snapshot.</summary>
internal sealed class StreamLogFormat
{
    private static readonly LogEscaping Escaping = LogEscaping.For(LogEscape.Default)!;

    private readonly (byte[]? Literal, StreamVariable? Variable)[] _parts;

    private StreamLogFormat((byte[]? Literal, StreamVariable? Variable)[] parts, ImmutableArray<string> unknownVariables)
    {
        _parts = parts;
        UnknownVariables = unknownVariables;
    }

    /// <summary>Names in the format that are no variables; they count as unset.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    public static StreamLogFormat Compile(Template format)
    {
        var unknown = ImmutableArray.CreateBuilder<string>();
        var parts = format.Parts.Select(part =>
        {
            if (part.Kind == TemplatePartKind.Literal)
            {
                return (Encoding.UTF8.GetBytes(part.Text), null);
            }

            if (!StreamVariables.TryFind(part.Text, out var variable))
            {
                unknown.Add(part.Text);
            }

            return ((byte[]?)null, variable);
        }).ToArray();
        return new StreamLogFormat(parts, [.. unknown.Distinct()]);
    }

    /// <summary>Appends the line of a session, with its line end.</summary>
    public void Append(StreamSession session, ByteBuilder line)
    {
        foreach (var (literal, variable) in _parts)
        {
            var start = line.Length;
            if (literal is not null)
            {
                line.Append(literal);
            }
            else if (variable?.Invoke(session, line) != true)
            {
                line.Append((byte)'-');
            }
            else
            {
                Escaping.Apply(line, start);
            }
        }

        line.Append((byte)'\n');
    }
}
