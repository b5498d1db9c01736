using System.Buffers;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>One request as a backend got it.</summary>
public sealed class ReceivedRequest
{
    private readonly ArrayBufferWriter<byte> _body = new();

    public ReceivedRequest(MessageHead head, int connection)
    {
        Head = head;
        Connection = connection;
        var parts = head.StartLine.Split(' ');
        if (parts.Length != 3 || parts[0].Length == 0 || !parts[0].All(MessageReader.IsTokenCharacter)
            || parts[1].Length == 0 || parts[2] is not ("HTTP/1.1" or "HTTP/1.0"))
        {
            throw new ProtocolException($"not a request line: '{Text.Show(Text.Bytes(head.StartLine))}'");
        }
        if (parts[2] == "HTTP/1.1" && head.All("Host").Count != 1)
        {
            throw new ProtocolException($"{head.All("Host").Count} Host fields");
        }
        (Method, Target, Version) = (parts[0], parts[1], parts[2]);
        (Framing, Length) = head.Framing(closeEnds: false);
    }

    public string Method { get; }

    public string Target { get; }

    public string Version { get; }

    public MessageHead Head { get; }

    public BodyFraming Framing { get; }

    public long Length { get; }

    /// <summary>The first megabyte of the body; <see cref="BodyLength"/> counts all.</summary>
    public byte[] Body => _body.WrittenSpan.ToArray();

    public long BodyLength { get; private set; }

    public IReadOnlyList<Header> Trailers { get; internal set; } = [];

    /// <summary>Whether the body came to its end.</summary>
    public bool IsComplete { get; internal set; }

    /// <summary>The number of the connection it came on, counted from 1.</summary>
    public int Connection { get; }

    public string? this[string name] => Head[name];

    internal void Append(ReadOnlySpan<byte> piece)
    {
        BodyLength += piece.Length;
        if (_body.WrittenCount < 1024 * 1024)
        {
            _body.Write(piece);
        }
    }

    public override string ToString() => $"{Method} {Target} on connection {Connection}{(IsComplete ? "" : " (incomplete)")}";
}
