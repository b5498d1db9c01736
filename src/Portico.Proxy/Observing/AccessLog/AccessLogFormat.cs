using System.Text;
using Portico.Model;
using Portico.Model.Text;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>A log format ready to run (<c>log-format-upstream</c>). Immutable, compiled with the snapshot, shared by all shards.</summary>
internal sealed class AccessLogFormat
{
    private readonly Part[] _parts;
    private readonly LogEscaping? _escaping;
    private readonly byte[] _unset;

    private AccessLogFormat(Part[] parts, LogEscape escape)
    {
        _parts = parts;
        _escaping = LogEscaping.For(escape);
        // nginx writes a hyphen for an unset variable, but with escape=json and escape=none nothing.
        _unset = escape == LogEscape.Default ? "-"u8.ToArray() : [];
    }

    /// <param name="resolve">The number of a variable, or null for a name that does not exist: it is always unset.</param>
    public static AccessLogFormat Compile(Template format, LogEscape escape, Func<string, int?> resolve)
    {
        var parts = new Part[format.Parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var part = format.Parts[i];
            parts[i] = part.Kind switch
            {
                TemplatePartKind.Literal => new Part(Encoding.UTF8.GetBytes(part.Text), Part.NoVariable),
                TemplatePartKind.Variable => new Part(null, resolve(part.Text) ?? Part.NoVariable),
                _ => new Part(null, Part.NoVariable),
            };
        }

        return new AccessLogFormat(parts, escape);
    }

    /// <summary>Appends the line of a request, with its line end.</summary>
    public void Append(ByteBuilder line, ILogVariables variables)
    {
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.Literal is { } literal)
            {
                line.Append(literal);
                continue;
            }

            var start = line.Length;
            if (part.Variable == Part.NoVariable || !variables.TryAppend(part.Variable, line))
            {
                line.Append(_unset);
            }
            else
            {
                _escaping?.Apply(line, start);
            }
        }

        line.Append((byte)'\n');
    }

    private readonly record struct Part(byte[]? Literal, int Variable)
    {
        public const int NoVariable = -1;
    }
}
