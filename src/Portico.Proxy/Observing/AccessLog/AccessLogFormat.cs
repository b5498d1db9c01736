using System.Collections.Immutable;
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

    private AccessLogFormat(Part[] parts, LogEscape escape, ImmutableArray<string> unknownVariables)
    {
        _parts = parts;
        UnknownVariables = unknownVariables;
        _escaping = LogEscaping.For(escape);
        // nginx writes a hyphen for an unset variable, but with escape=json and escape=none nothing.
        _unset = escape == LogEscape.Default ? "-"u8.ToArray() : [];
    }

    /// <summary>Names in the format that are no variables.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    /// <summary>A name that is no variable is kept: it stands for one that is always unset.</summary>
    public static AccessLogFormat Compile(Template format, LogEscape escape)
    {
        var parts = new Part[format.Parts.Length];
        var unknown = new HashSet<string>();
        for (var i = 0; i < parts.Length; i++)
        {
            var part = format.Parts[i];
            parts[i] = part.Kind switch
            {
                TemplatePartKind.Literal => new Part(Encoding.UTF8.GetBytes(part.Text), null),
                TemplatePartKind.Group => new Part(null, new GroupVariable(part.Text[0] - '0')),
                _ => new Part(null, Variables.TryFind(part.Text, out var variable) ? variable : null),
            };
            _ = parts[i] == default && unknown.Add(part.Text);
        }

        return new AccessLogFormat(parts, escape, [.. unknown]);
    }

    /// <summary>Appends the line of a request, with its line end.</summary>
    public void Append(RequestContext context, ByteBuilder line)
    {
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.Literal is not null)
            {
                line.Append(part.Literal);
                continue;
            }

            var start = line.Length;
            if (part.Variable?.TryAppend(context, line) != true)
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

    /// <summary>Literal bytes, or a variable, or neither: a variable that is never set.</summary>
    private readonly record struct Part(byte[]? Literal, Variable? Variable);
}
