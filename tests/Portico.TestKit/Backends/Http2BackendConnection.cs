using System.Globalization;
using System.Text;
using Portico.TestKit.Http2;

namespace Portico.TestKit.Backends;

/// <summary>
/// A backend's side of an HTTP/2 connection, with whatever frames the script wants to send, at any time and from any task.
/// Owned by <see cref="Http2Service"/>, which reads.
/// </summary>
public sealed class Http2BackendConnection : Http2Peer, IDisposable
{
    /// <summary>What a frame may hold unless SETTINGS say otherwise.</summary>
    private const int MostOfFrame = 16 * 1024;

    private readonly BackendConnection _wire;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Http2BackendConnection(BackendConnection wire) => _wire = wire;

    /// <summary>Counted from 1 per backend.</summary>
    public int Number => _wire.Number;

    /// <summary>Ends with the connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Cancelled when the backend is disposed.</summary>
    public CancellationToken Stopping => _wire.Stopping;

    public override async Task SendAsync(Http2Bytes bytes)
    {
        await _sending.WaitAsync(Stopping);
        try
        {
            await _wire.SendAsync(bytes.ToArray());
        }
        finally
        {
            _sending.Release();
        }
    }

    public override async Task<bool> TrySendAsync(Http2Bytes bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>200 with this body, which may be empty, and nothing behind it.</summary>
    public Task AnswerAsync(Http2Message request, string body, params (string Name, string Value)[] fields) =>
        SendAsync(Whole(request, body, fields));

    /// <summary>The bytes that <see cref="AnswerAsync"/> sends.</summary>
    public static Http2Bytes Whole(Http2Message request, string body, params (string Name, string Value)[] fields) => new Http2Bytes()
        .Headers(
            request.Stream,
            FrameFlag.EndHeaders,
            [(":status", "200"), ("content-length", body.Length.ToString(CultureInfo.InvariantCulture)), ("x-backend-connection", request.Connection.ToString(CultureInfo.InvariantCulture)), .. fields])
        .Data(request.Stream, body, FrameFlag.EndStream);

    /// <summary>A gRPC answer: these messages, which together fit the first window, then the status in trailers.</summary>
    public Task AnswerCallAsync(Http2Message request, int status, params string[] messages)
    {
        var bytes = new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-type", "application/grpc"));
        foreach (var message in messages)
        {
            foreach (var piece in GrpcMessage(message).Chunk(MostOfFrame))
            {
                bytes.Frame(FrameType.Data, FrameFlag.None, request.Stream, piece);
            }
        }
        return SendAsync(bytes.Headers(
            request.Stream,
            FrameFlag.EndHeaders | FrameFlag.EndStream,
            ("grpc-status", status.ToString(CultureInfo.InvariantCulture)),
            ("grpc-message", "said by the backend")));
    }

    /// <summary>A message with its prefix: not compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
    public static byte[] GrpcMessage(string message) => [0, .. Http2Bytes.Number((uint)message.Length), .. Encoding.Latin1.GetBytes(message)];

    /// <summary>No streams above <paramref name="lastStream"/>.</summary>
    public Task GoAwayAsync(int lastStream, Http2Error error = Http2Error.NoError) =>
        SendAsync(new Http2Bytes().Frame(FrameType.GoAway, 0, 0, [.. Http2Bytes.Number((uint)lastStream), .. Http2Bytes.Number((uint)error)]));

    /// <summary>Ends the connection with FIN.</summary>
    public void Close() => _wire.Close();

    /// <summary>Ends the connection with RST.</summary>
    public void Abort() => _wire.Reset();

    public void Dispose() => _sending.Dispose();

    internal void NoteEnd()
    {
        EndMessages();
        _ended.TrySetResult();
    }

    internal Http2Message Request(int stream) => Message(stream);

    internal Task<byte[]> ReadPrefaceAsync() => ReadBytesAsync(Http2Bytes.Preface.Length);

    protected override Task<byte[]> ReadBytesAsync(int count) => _wire.ReadBytesAsync(count);

    protected override Http2Message Begin(int stream) => new(stream) { Connection = Number };
}
