using System.Runtime.CompilerServices;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Http.Http2;

/// <summary>
/// An exchange over one stream of HTTP/2. In use from its first header field until the stream is closed and the handler has returned,
/// whichever comes last; reused then. The request body is in <c>Http2Exchange.Input.cs</c>, the response in
/// <c>Http2Exchange.Response.cs</c>, both as a tunnel in <c>Http2Exchange.Tunnel.cs</c>.
/// </summary>
internal sealed partial class Http2Exchange : Exchange, IClientStream
{
    private readonly Http2Server _server;
    private readonly Action _handlerEnded;
    private Http2ServerConnection _owner = null!;
    private Http2RequestHead _headBuilder;
    private ValueTask<bool> _handling;
    private State _state;
    private bool _isClosed;
    private bool _isGone;
    private bool _isAborted;
    private bool _isReleased;

    public Http2Exchange(Http2Server server)
    {
        _server = server;
        _handlerEnded = HandlerEnded;
        _stall = new StallDeadline(this);
    }

    private enum State : byte
    {
        /// <summary>The head is not complete yet.</summary>
        ReadingHead,

        /// <summary>The handler is to be started.</summary>
        Ready,

        Serving,

        /// <summary>The handler has returned; the stream may still have bytes to send.</summary>
        Served,
    }

    public int Stream { get; private set; }

    /// <summary>Whether it stands in its connection's queue of streams with news.</summary>
    public bool IsWoken { get; set; }

    /// <summary>Whether it is ours that the stream came to nothing.</summary>
    public bool IsAborted => _isAborted;

    public override IExchangeObserver? Observer { get; set; }

    public override bool IsClientGone => _isGone;

    /// <summary>Half a connection is of no use to HTTP/2: a client that closes its side is gone.</summary>
    public override bool ClientFinished => false;

    public void Begin(Http2ServerConnection owner, int stream, int requestNumber)
    {
        _owner = owner;
        Stream = stream;
        Connection = owner.Connection;
        RequestNumber = requestNumber;
        StartedTicks = owner.Shard.NowTicks;
        Rejection = default;
        BodyError = ParseError.None;
        BodyLimit = null;
        BodyBytesRead = 0;
        BytesReceived = 0;
        BytesSent = 0;
        BodyBytesSent = 0;
        ResponseStarted = false;
        _state = State.ReadingHead;
        _isClosed = false;
        _isGone = false;
        _isAborted = false;
        _isReleased = false;
        _isTunnel = false;
        Tunnel = null;
        _headBuilder.Begin(owner.Shard.Buffers, Request);
        BeginInput();
        BeginResponse();
    }

    /// <returns>Bytes of fields in the block in hand, kept or not.</returns>
    public int AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, in HeadLimits limits)
    {
        if (_state != State.ReadingHead)
        {
            return AddTrailerField(name, value, limits);
        }

        _headBuilder.Add(name, value, limits);
        return _headBuilder.Measured;
    }

    /// <summary>A header block has come whole: the head, or the trailers.</summary>
    public void HeadersComplete(Http2HeadersCategory category, bool endsStream)
    {
        if (category == Http2HeadersCategory.Request)
        {
            _headBuilder.Complete(endsStream);
            _isTunnel = _headBuilder.IsWebSocket;
            if (_headBuilder.Error != ParseError.None)
            {
                Rejection = new Rejection(RejectionKind.Malformed, _headBuilder.Error);
            }

            _continueOwed = Request.ExpectsContinue;
            _state = State.Ready;
        }

        if (endsStream)
        {
            EndInput();
        }
    }

    public void CountReceived(int count) => BytesReceived += count;

    /// <summary>The stream is over, by its end or by a reset.</summary>
    public void StreamClosed(Http2ErrorCode error)
    {
        _isClosed = true;
        _isGone = error != Http2ErrorCode.NoError || !_isEnded;
    }

    /// <summary>Begins to be served, or goes on with what there is news of. Called when the library has returned.</summary>
    public void GoOn()
    {
        if (_state is State.ReadingHead or State.Ready && _isClosed)
        {
            // It ended before it was served: malformed, or reset.
            _state = State.Served;
            _owner.HandlerEnded();
        }
        else if (_state == State.Ready)
        {
            Start();
        }
        else if (_state == State.Serving)
        {
            ContinueRead();
            ContinueWrite();
            if (_isGone)
            {
                Observer?.OnClientChanged(this);
            }
        }

        if (_state == State.Served && _isClosed && !IsWoken)
        {
            Release();
        }
    }

    private void Start()
    {
        _state = State.Serving;
        Follow(_server.Handler.HandleAsync(this));
    }

    private void Follow(ValueTask<bool> handling)
    {
        _handling = handling;
        var awaiter = handling.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            HandlerEnded();
        }
        else
        {
            awaiter.UnsafeOnCompleted(_handlerEnded);
        }
    }

    private void HandlerEnded()
    {
        try
        {
            _handling.GetAwaiter().GetResult();
        }
        catch (Exception defect)
        {
            _isAborted = true;
            _server.ReportDefect(defect);
        }

        if (Tunnel is { } tunnel)
        {
            Tunnel = null;
            _headBuilder.Release();
            Follow(tunnel.RunAsync(this));
            return;
        }

        _handling = default;
        Observer = null;
        _state = State.Served;
        if (!_isClosed)
        {
            EndStream();
        }

        var owner = _owner;
        if (_isClosed && !IsWoken)
        {
            Release();
        }

        owner.HandlerEnded();
    }

    /// <summary>What becomes of a stream whose handler has returned before it was over.</summary>
    private void EndStream()
    {
        var unread = RequestBodyAvailable;
        if (unread > 0)
        {
            _owner.Session.ConsumeConnection(unread);
            ReleaseInput();
        }

        if (_isAborted || !_isEnded)
        {
            ResetStream(Http2ErrorCode.InternalError);
        }
        else
        {
            if (!_inputEnded)
            {
                _owner.ResetWhenSent(Stream);
            }

            // The rest of what is held back has as much time as any other write.
            LimitStall(_server.Limits.SendTimeout);
        }
    }

    private void ResetStream(Http2ErrorCode error)
    {
        if (!_isClosed)
        {
            _owner.Session.Reset(Stream, error);
            _owner.AskToWrite();
        }
    }

    private void Release()
    {
        if (_isReleased)
        {
            return;
        }

        _isReleased = true;
        _owner.Shard.Timers.Remove(_reading);
        _owner.Shard.Timers.Remove(_stall);
        _headBuilder.Release();
        ReleaseInput();
        ReleaseResponse();
        _server.Return(this);
    }
}
