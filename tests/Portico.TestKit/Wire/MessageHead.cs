using System.Globalization;

namespace Portico.TestKit.Wire;

public sealed record Header(string Name, string Value);

/// <summary>How the end of a body is known (RFC 9112 section 6.3).</summary>
public enum BodyFraming
{
    None,
    Length,
    Chunked,
    UntilClose,
}

/// <summary>A start line and its fields, as they came.</summary>
public sealed class MessageHead(string startLine, IReadOnlyList<Header> headers)
{
    public string StartLine { get; } = startLine;

    public IReadOnlyList<Header> Headers { get; } = headers;

    /// <summary>The one value of a field, null when absent; more than one is a failure of the test.</summary>
    public string? this[string name]
    {
        get
        {
            var values = All(name);
            return values.Count switch
            {
                0 => null,
                1 => values[0],
                _ => throw new ProtocolException($"{name} stands {values.Count} times: {string.Join(" | ", values)}"),
            };
        }
    }

    public IReadOnlyList<string> All(string name) =>
        [.. Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    public bool Has(string name) => All(name).Count > 0;

    /// <summary>The framing that the fields announce; anything ambiguous is a failure.</summary>
    public (BodyFraming Framing, long Length) Framing(bool closeEnds)
    {
        var length = this["Content-Length"];
        var coding = this["Transfer-Encoding"];
        if (coding is not null)
        {
            if (length is not null)
            {
                throw new ProtocolException("Content-Length and Transfer-Encoding in one message");
            }
            return coding == "chunked" ? (BodyFraming.Chunked, 0) : throw new ProtocolException($"Transfer-Encoding: {coding}");
        }
        if (length is null)
        {
            return (closeEnds ? BodyFraming.UntilClose : BodyFraming.None, 0);
        }
        return long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? (BodyFraming.Length, count)
            : throw new ProtocolException($"Content-Length: {length}");
    }

    public override string ToString() => StartLine + "\n" + string.Join("\n", Headers.Select(h => h.Name + ": " + h.Value));
}
