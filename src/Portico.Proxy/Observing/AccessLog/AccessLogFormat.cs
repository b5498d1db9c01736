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

    /// <summary>How many parts only the end of an exchange can tell.</summary>
    private readonly int _outcomes;

    private AccessLogFormat(Part[] parts, LogEscape escape, ImmutableArray<string> unknownVariables)
    {
        _parts = parts;
        _outcomes = parts.Count(p => p.IsOutcome);
        ReadsUpstreamHeaders = parts.Any(p => p.Variable is UpstreamHeaderVariable);
        UnknownVariables = unknownVariables;
        _escaping = LogEscaping.For(escape);
        // nginx writes a hyphen for an unset variable, but with escape=json and escape=none nothing.
        _unset = escape == LogEscape.Default ? "-"u8.ToArray() : [];
    }

    /// <summary>Names in the format that are no variables.</summary>
    public ImmutableArray<string> UnknownVariables { get; }

    /// <summary>Whether a line tells headers of the backend's response, which are gone by then unless they are kept.</summary>
    public bool ReadsUpstreamHeaders { get; }

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
            Append(in part, context, line);
        }

        line.Append((byte)'\n');
    }

    /// <summary>Writes what is known of the line of an exchange that goes on for long.</summary>
    /// <param name="scratch">Room to write in.</param>
    public BegunLogLine Begin(RequestContext context, ByteBuilder scratch)
    {
        scratch.Clear();
        var gaps = new int[_outcomes];
        var gap = 0;
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.IsOutcome)
            {
                gaps[gap++] = scratch.Length;
            }
            else
            {
                Append(in part, context, scratch);
            }
        }

        return new BegunLogLine(this, scratch.Written.ToArray(), gaps);
    }

    /// <summary>Appends the whole line, of which <see cref="Begin"/> wrote a part. Of the context the outcome alone is read.</summary>
    public void AppendBegun(BegunLogLine begun, RequestContext context, ByteBuilder line)
    {
        var gap = 0;
        var written = 0;
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.IsOutcome)
            {
                var next = begun.Gaps[gap++];
                line.Append(begun.Text.AsSpan(written, next - written));
                written = next;
                Append(in part, context, line);
            }
        }

        line.Append(begun.Text.AsSpan(written));
        line.Append((byte)'\n');
    }

    private void Append(in Part part, RequestContext context, ByteBuilder line)
    {
        if (part.Literal is not null)
        {
            line.Append(part.Literal);
            return;
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

    /// <summary>Literal bytes, or a variable, or neither: a variable that is never set.</summary>
    private readonly record struct Part(byte[]? Literal, Variable? Variable)
    {
        public bool IsOutcome => Variable is { IsOutcome: true };
    }
}
