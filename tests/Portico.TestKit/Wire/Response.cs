using System.Globalization;

namespace Portico.TestKit.Wire;

/// <summary>A response as the strict reader saw it.</summary>
public sealed class Response(MessageHead head, byte[] body, BodyFraming framing, IReadOnlyList<Header> trailers, IReadOnlyList<int> interim)
{
    public MessageHead Head { get; } = head;

    public int Status { get; } = StatusOf(head.StartLine);

    public string Version => Head.StartLine[..8];

    public byte[] Body { get; } = body;

    public string Text => Wire.Text.Of(Body);

    public BodyFraming Framing { get; } = framing;

    public IReadOnlyList<Header> Trailers { get; } = trailers;

    /// <summary>The 1xx answers that came before.</summary>
    public IReadOnlyList<int> Interim { get; } = interim;

    public string? this[string name] => Head[name];

    /// <summary>Whether the response itself announces the end of the connection.</summary>
    public bool AnnouncesClose => Head.All("Connection").Any(v => v.Contains("close", StringComparison.OrdinalIgnoreCase));

    internal static int StatusOf(string line)
    {
        var wellFormed = line.Length >= 13
            && (line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || line.StartsWith("HTTP/1.0 ", StringComparison.Ordinal))
            && line[12] == ' ';
        return wellFormed && int.TryParse(line.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : throw new ProtocolException($"not a status line: '{Wire.Text.Show(Wire.Text.Bytes(line))}'");
    }

    public override string ToString() => Head + "\n\n" + Wire.Text.Show(Body);
}
