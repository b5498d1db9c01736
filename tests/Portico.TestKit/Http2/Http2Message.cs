using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portico.TestKit.Http2;

/// <summary>What came on one stream so far: a request that a backend got, or a response on its way to a client.</summary>
public sealed class Http2Message(int stream)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _body = new();

    public int Stream { get; } = stream;

    /// <summary>Null until the head is whole.</summary>
    public IReadOnlyList<(string Name, string Value)>? Fields { get; internal set; }

    public IReadOnlyList<(string Name, string Value)> Trailers { get; internal set; } = [];

    /// <summary>Statuses of interim responses.</summary>
    public List<string> Interim { get; } = [];

    /// <summary>The code of RST_STREAM, when it came to that.</summary>
    public Http2Error? Reset { get; internal set; }

    public byte[] Body
    {
        get
        {
            lock (_body)
            {
                return _body.WrittenSpan.ToArray();
            }
        }
    }

    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>The other side has ended the stream, or reset it, or the connection is gone.</summary>
    public bool IsOver => _over.Task.IsCompleted;

    /// <summary>Ends when <see cref="IsOver"/>.</summary>
    public Task Over => _over.Task;

    /// <summary>The number of the connection it came on, where that is counted.</summary>
    public int Connection { get; internal init; }

    internal MemoryStream Block { get; } = new();

    internal bool EndsWithBlock { get; set; }

    public string? this[string name] => Fields?.Where(f => f.Name == name).Select(f => f.Value).FirstOrDefault();

    public Http2Response ToResponse() => new(Fields ?? [], Body, Trailers, Interim, Reset);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{this[":method"]} {this[":path"]} on stream {Stream} of connection {Connection}");

    internal void Append(ReadOnlySpan<byte> piece)
    {
        lock (_body)
        {
            _body.Write(piece);
        }
    }

    internal void End() => _over.TrySetResult();
}
