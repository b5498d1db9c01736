using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.Http1;

/// <summary>An exchange over HTTP/1: the request body is read here, the response is written in <c>Http1Exchange.Response.cs</c>.</summary>
internal sealed partial class Http1Exchange : Exchange, IConnectionObserver
{
    private Http1ServerConnection _owner = null!;
    private Http1Server _server = null!;
    private int _position;
    private long _bodyLeft;
    private ChunkedDecoder _chunks;
    private TrailerLines? _requestTrailers;
    private byte[]? _coded;
    private int _codedStart;
    private int _codedEnd;
    private bool _bodyDone;
    private bool _continueOwed;

    public Http1RequestParser Parser { get; } = new();

    public bool IsAborted { get; private set; }

    public override HeaderBlock? RequestTrailers => _bodyDone ? _requestTrailers?.Fields : null;

    public override IExchangeObserver? Observer
    {
        get;
        set
        {
            field = value;
            Connection.Observer = value is null ? null : this;
        }
    }

    public override bool IsClientGone => Connection.IsBroken;

    public override bool ClientFinished => Connection.PeerFinished;

    public override void CancelBodyRead() => Connection.CancelRead();

    void IConnectionObserver.OnUnattendedInput(Connection connection) => Observer?.OnClientChanged(this);

    public override bool RequestBodyComplete => _bodyDone;

    public override int RequestBodyAvailable
    {
        get
        {
            var (_, filled) = _owner.Received;
            return Request.Framing switch
            {
                BodyFraming.Length => (int)Math.Min(_bodyLeft, filled - _position),
                BodyFraming.Chunked when !_bodyDone => _coded is null ? filled - _position : _codedEnd - _codedStart,
                _ => 0,
            };
        }
    }

    public void Begin(Http1ServerConnection owner, Http1Server server, Connection connection, int requestNumber)
    {
        _owner = owner;
        _server = server;
        Connection = connection;
        RequestNumber = requestNumber;
        StartedTicks = connection.Shard.NowTicks;
        Request.Clear();
        Parser.Reset();
        Rejection = default;
        BodyError = ParseError.None;
        BodyLimit = null;
        BodyBytesRead = 0;
        BytesReceived = 0;
        BytesSent = 0;
        BodyBytesSent = 0;
        ResponseStarted = false;
        IsAborted = false;
        Tunnel = null;
        _position = 0;
        _bodyLeft = 0;
        _bodyDone = true;
        _continueOwed = false;
        BeginResponse();
    }

    public void HeadComplete(RejectionKind rejectAll)
    {
        _position = Request.HeadLength;
        BytesReceived = Request.HeadLength;
        _bodyDone = Request.Framing == BodyFraming.None;
        _bodyLeft = Request.ContentLength;
        _continueOwed = Request.ExpectsContinue && !_bodyDone;
        _keepAlive = Request.KeepAlive && RequestNumber < _server.Limits.KeepAliveRequests && _server.Limits.KeepAliveTimeout > TimeSpan.Zero;
        if (rejectAll != RejectionKind.None)
        {
            Reject(rejectAll, ParseError.None);
        }
    }

    public void Reject(RejectionKind kind, ParseError error)
    {
        Rejection = new Rejection(kind, error);
        BytesReceived = _owner.Received.Filled;
        _position = _owner.Received.Filled;
        _bodyDone = true;
        _keepAlive = false;
    }

    public override ValueTask<int> ReadBodyAsync(byte[] buffer, int offset, int count)
    {
        if (_bodyDone)
        {
            return new ValueTask<int>(0);
        }

        if (_continueOwed && RequestBodyAvailable == 0)
        {
            _continueOwed = false;
            Connection.TryWriteNow("HTTP/1.1 100 Continue\r\n\r\n"u8);
        }

        if (Request.Framing == BodyFraming.Chunked)
        {
            return ReadChunkedAsync(buffer, offset, count);
        }

        var available = RequestBodyAvailable;
        if (available > 0)
        {
            var taken = Math.Min(available, count);
            _owner.Received.Buffer.AsSpan(_position, taken).CopyTo(buffer.AsSpan(offset));
            _position += taken;
            CountBody(taken);
            return new ValueTask<int>(taken);
        }

        var read = Connection.ReadAsync(buffer, offset, (int)Math.Min(_bodyLeft, count), _server.Limits.BodyTimeout);
        return read.IsCompletedSuccessfully ? new ValueTask<int>(EndRead(read.Result)) : AwaitRead(read);
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitRead(ValueTask<int> read) => EndRead(await read);

    private int EndRead(int read)
    {
        if (read > 0)
        {
            CountBody(read);
            return read;
        }

        return read == IoStatus.End ? ExchangeStatus.Truncated : read;
    }

    private void CountBody(int count)
    {
        BytesReceived += count;
        BodyBytesRead += count;
        _bodyLeft -= count;
        _bodyDone = _bodyLeft == 0;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadChunkedAsync(byte[] buffer, int offset, int count)
    {
        OpenCodedBuffer();
        while (!_bodyDone)
        {
            if (_codedStart == _codedEnd)
            {
                var read = await Connection.ReadAsync(_coded!, 0, _coded!.Length, _server.Limits.BodyTimeout);
                if (read <= 0)
                {
                    return read == IoStatus.End ? ExchangeStatus.Truncated : read;
                }

                _codedStart = 0;
                _codedEnd = read;
            }

            var produced = DecodeInto(buffer.AsSpan(offset, count));
            if (produced != 0)
            {
                return produced;
            }
        }

        return 0;
    }

    /// <summary>Decodes as much as fits the target.</summary>
    private int DecodeInto(Span<byte> target)
    {
        // Payload never exceeds its coded form, so a piece as large as the target always fits.
        var piece = _coded.AsSpan(_codedStart, Math.Min(target.Length, _codedEnd - _codedStart));
        var status = _chunks.Decode(piece, out var consumed, out var produced);
        piece[..produced].CopyTo(target);
        _codedStart += consumed;
        BytesReceived += consumed;
        if (status == ParseStatus.Invalid)
        {
            BodyError = _chunks.Error;
            _keepAlive = false;
            return ExchangeStatus.BadBody;
        }

        _bodyDone = status == ParseStatus.Done;
        BodyBytesRead += produced;
        // A chunk that announces too much is refused before its bytes are waited for.
        return BodyLimit is { } limit && BodyBytesRead + _chunks.Announced > limit ? ExchangeStatus.BodyTooLarge : produced;
    }

    private void OpenCodedBuffer()
    {
        if (_coded is not null)
        {
            return;
        }

        var (received, filled) = _owner.Received;
        var rest = filled - _position;
        _coded = Connection.Shard.Buffers.Rent(Math.Max(BufferPool.MediumSize, rest));
        received.AsSpan(_position, rest).CopyTo(_coded);
        _codedStart = 0;
        _codedEnd = rest;
        _position = filled;
        _chunks = new ChunkedDecoder(_requestTrailers ??= new TrailerLines(Connection.Shard.Buffers));
    }

    /// <summary>Reads over a body that nobody wanted, as far as it is here already.</summary>
    /// <returns>Whether the next request can follow: false when the client has not sent the whole body yet.</returns>
    public bool SkipAvailableBody()
    {
        if (_bodyDone)
        {
            return true;
        }

        if (Request.Framing == BodyFraming.Length)
        {
            var available = RequestBodyAvailable;
            _position += available;
            CountBody(available);
            return _bodyDone;
        }

        OpenCodedBuffer();
        var status = _chunks.Decode(_coded.AsSpan(_codedStart, _codedEnd - _codedStart), out var consumed, out _);
        _codedStart += consumed;
        _bodyDone = status == ParseStatus.Done;
        return _bodyDone;
    }

    /// <summary>Whether the client may have sent, or be sending, bytes that nobody reads.</summary>
    public bool LeavesInputUnread => !_bodyDone || Rejection.IsSet || _position < _owner.Received.Filled || _codedStart < _codedEnd;

    /// <summary>Where the bytes behind this request stand in the receive buffer.</summary>
    public ByteRange TakeRest()
    {
        if (_coded is not null)
        {
            _owner.PutBack(_coded.AsSpan(_codedStart, _codedEnd - _codedStart));
            return new ByteRange(0, _codedEnd - _codedStart);
        }

        return new ByteRange(_position, _owner.Received.Filled - _position);
    }

    /// <summary>Gives everything back once the exchange has ended.</summary>
    public void Release()
    {
        if (_coded is not null)
        {
            Connection.Shard.Buffers.Return(_coded);
            _coded = null;
        }

        Observer = null;
        Tunnel = null;
        _codedStart = 0;
        _codedEnd = 0;
        _output.Close();
        _trailers.Close();
        _requestTrailers?.Release();
        Request.Headers.Clear();
        Request.Headers.Buffer = [];
        _server.ReturnExchange(this);
    }
}
