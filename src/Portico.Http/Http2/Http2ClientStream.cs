using Portico.Http.Messages;
using Portico.Net;

namespace Portico.Http.Http2;

/// <summary>Why a stream ended before its response was whole.</summary>
internal enum Http2StreamFailure : byte
{
    None,

    /// <summary>The backend says that it did not touch the request (RFC 9113, 8.7).</summary>
    Refused,

    /// <summary>RST_STREAM, by the backend or for a rule that it broke.</summary>
    Reset,

    /// <summary>The connection ended.</summary>
    ConnectionLost,

    /// <summary>The head is larger than there is room for.</summary>
    HeadTooLarge,

    /// <summary>What came is no response.</summary>
    Invalid,
}

/// <summary>
/// One request and its response on an HTTP/2 connection with a backend. What arrives is kept until it is taken, which the stream's
/// window bounds; the window is given back as pieces were passed on. Owned by its connection, reused by later streams.
/// </summary>
internal sealed partial class Http2ClientStream
{
    private readonly Http2ClientConnection _connection;
    private readonly Shard _shard;
    private readonly BufferPool _buffers;

    public Http2ClientStream(Http2ClientConnection connection)
    {
        _connection = connection;
        _shard = connection.Connection.Shard;
        _buffers = _shard.Buffers;
        _final = new ResponseHead();
        Response = _final;
        _head = new Http2FieldStore(_final.Headers, _buffers);
        _trailers = new Http2FieldStore(new HeaderBlock(), _buffers);
    }

    public int Id { get; private set; }

    /// <summary>When it began, as <see cref="YoungStreams"/> counts.</summary>
    internal long Began { get; private set; }

    public Http2StreamFailure Failure { get; private set; }

    /// <summary>Whether bytes of the response have arrived.</summary>
    public bool AnyByteReceived { get; private set; }

    /// <summary>The session knows the stream no more.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>Somebody may have a reason to go on; told outside of the session's events.</summary>
    internal bool IsWoken { get; set; }

    internal void Begin(int id, int largestHead, long began)
    {
        Id = id;
        Began = began;
        _largestHead = largestHead;
    }

    /// <summary>Ends the exchange on this stream: what is not finished is given up (CANCEL). The stream is not to be used afterwards.</summary>
    public void Release()
    {
        _reading.Complete(IoStatus.Canceled);
        _sending = null;
        _writing.Complete(IoStatus.Canceled);
        _connection.Release(this, abandonedBytes: _filled + _takenCount);
        ReleaseBuffers();
        Reset();
    }

    /// <summary>Gives the exchange up now; whoever waits goes on with <see cref="IoStatus.Canceled"/>.</summary>
    public void Abort(Http2ErrorCode error)
    {
        Fail(Http2StreamFailure.Reset);
        _sending = null;
        var id = Id;
        if (!IsClosed && id > 0)
        {
            _connection.Reset(id, error);
            _connection.Flush();
        }

        // Whoever goes on in here may release the stream, and the next request has it then.
        if (Id == id)
        {
            _reading.Complete(IoStatus.Canceled);
        }

        if (Id == id)
        {
            _writing.Complete(IoStatus.Canceled);
        }
    }

    /// <summary>The first reason counts; a response that is whole is not spoilt by what comes after it.</summary>
    internal void Fail(Http2StreamFailure failure)
    {
        if (Failure == Http2StreamFailure.None && !_ended)
        {
            Failure = failure;
        }
    }

    internal void OnClosed(Http2ErrorCode error)
    {
        // After a whole response the backend may well say that it needs no more of the request (RFC 9113, 8.1).
        IsClosed = true;
        Fail(error == Http2ErrorCode.RefusedStream ? Http2StreamFailure.Refused : Http2StreamFailure.Reset);
    }

    /// <param name="stalled">Whether it was given up because the backend took nothing any more.</param>
    internal void OnConnectionLost(bool stalled)
    {
        IsClosed = true;
        _stalled = stalled && Failure == Http2StreamFailure.None;
        Fail(Http2StreamFailure.ConnectionLost);
    }

    /// <summary>Lets whoever waits look again.</summary>
    internal void Wake()
    {
        if (_stalled)
        {
            // The stream's own limit is as long as the connection's and may be due a moment later: the answer is the same.
            var id = Id;
            _writing.Complete(IoStatus.TimedOut);
            if (Id != id)
            {
                return;
            }
        }

        if (HasHeadNews || _filled > 0 || _ended || Failure != Http2StreamFailure.None)
        {
            _reading.Complete(1);
        }

        if (_sendingCount == 0 || IsClosed || Failure != Http2StreamFailure.None)
        {
            _writing.Complete(Failure == Http2StreamFailure.None ? 1 : IoStatus.Reset);
        }
    }

    private void Reset()
    {
        Id = 0;
        Failure = Http2StreamFailure.None;
        AnyByteReceived = false;
        IsClosed = false;
        ResetReceiving();
        ResetSending();
    }
}
