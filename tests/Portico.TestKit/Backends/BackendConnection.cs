using System.Net;
using System.Net.Sockets;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Backends;

/// <summary>What a script holds while it plays a backend: one accepted connection. Runs on the thread pool, one script at a time.</summary>
public sealed class BackendConnection : IDisposable
{
    private readonly ScriptedBackend _backend;
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly MessageReader _reader;

    internal BackendConnection(ScriptedBackend backend, Socket socket, Stream stream, int number)
    {
        _backend = backend;
        _socket = socket;
        _stream = stream;
        _reader = new MessageReader(_stream, backend.Record);
        Number = number;
        Peer = (IPEndPoint)socket.RemoteEndPoint!;
    }

    /// <summary>Counted from 1 per backend.</summary>
    public int Number { get; }

    public IPEndPoint Peer { get; }

    /// <summary>How many requests were read on this connection.</summary>
    public int RequestCount { get; private set; }

    /// <summary>Whether the gateway has finished sending, and everything before was read.</summary>
    public bool HasEnded => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    public StreamEnd End => _reader.End;

    /// <summary>Cancelled when the backend is disposed.</summary>
    public CancellationToken Stopping => _backend.Stopping;

    internal bool IsFinished { get; private set; }

    public Task<bool> WaitForDataAsync() => _reader.WaitForDataAsync(Stopping);

    /// <summary>Reads a request head; the request counts as received, incomplete until its body is read.</summary>
    public async Task<ReceivedRequest> ReadHeadAsync()
    {
        var request = new ReceivedRequest(await _reader.ReadHeadAsync(Stopping), Number);
        RequestCount++;
        request.IsComplete = request.Framing == BodyFraming.None || (request.Framing == BodyFraming.Length && request.Length == 0);
        _backend.Add(request);
        return request;
    }

    public async Task ReadBodyAsync(ReceivedRequest request, Func<ReadOnlyMemory<byte>, Task>? sink = null)
    {
        request.Trailers = await _reader.ReadBodyAsync(
            request.Framing,
            request.Length,
            async piece =>
            {
                request.Append(piece.Span);
                if (sink is not null)
                {
                    await sink(piece);
                }
            },
            Stopping);
        request.IsComplete = true;
    }

    public async Task<ReceivedRequest> ReadRequestAsync()
    {
        var request = await ReadHeadAsync();
        await ReadBodyAsync(request);
        return request;
    }

    /// <summary>Reads exactly this many bytes, of whatever protocol.</summary>
    public async Task<byte[]> ReadBytesAsync(long count)
    {
        var bytes = new MemoryStream();
        await _reader.ReadExactlyAsync(
            count,
            piece =>
            {
                bytes.Write(piece.Span);
                return Task.CompletedTask;
            },
            Stopping);
        return bytes.ToArray();
    }

    /// <summary>Passes on whatever comes until the gateway ends its side.</summary>
    public Task ReadUntilEndAsync(Func<ReadOnlyMemory<byte>, Task> sink) => _reader.ReadBodyAsync(BodyFraming.UntilClose, 0, sink, Stopping);

    /// <summary>Waits until the gateway closes or resets the connection; what it still sends is recorded.</summary>
    public async Task<StreamEnd> WaitForEndAsync()
    {
        await ReadUntilEndAsync(_ => Task.CompletedTask);
        return _reader.End;
    }

    public Task SendAsync(string text) => SendAsync(Text.Bytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, Stopping);

    /// <summary>Ends the sending side (FIN) and goes on reading.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection in order: FIN after what was sent.</summary>
    public void Close()
    {
        IsFinished = true;
        _stream.Dispose();
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        IsFinished = true;
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _stream.Dispose();
    }

    public void Dispose() => _stream.Dispose();
}
