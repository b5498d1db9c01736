using Portico.Http.Http1;

namespace Portico.Http.Http2;

/// <summary>What the session tells, inside <see cref="Http2Session.Receive"/> and <see cref="Http2Session.TakeOutput"/>.</summary>
public sealed partial class Http2ServerConnection
{
    /// <summary>A block may unpack to this much more than a request may measure before it counts as an attack.</summary>
    private const int HeaderBombFactor = 8;

    private Http2FloodGuard _guard;
    private Http2Exchange? _latest;
    private Http2Defence? _attack;

    /// <summary>When the header block in hand began, on the shard's clock; 0 between blocks.</summary>
    private long _blockBeganMilliseconds;

    private int _measuredOfRefused;

    /// <summary>What the library overlooks and the RFC demands an end for.</summary>
    private Http2ErrorCode? _violation;

    private int _highestOpened;

    /// <summary>Up to this stream the client may not know yet that its frames are for nobody.</summary>
    private int _highestReset;

    internal bool OnBeginFrame(Http2FrameType type, int stream, int length, Http2FrameFlags flags)
    {
        _violation = FindViolation(type, stream);
        if (_violation is not null)
        {
            return false;
        }

        switch (type)
        {
            case Http2FrameType.Headers:
            case Http2FrameType.Data when length > 0:
                _guard.Useful();
                return true;
            case Http2FrameType.Data when (flags & Http2FrameFlags.EndStream) != 0:
            case Http2FrameType.ResetStream:
                // The end of a body is worth a frame of its own; resets have a budget of their own.
                return true;
        }

        if (_guard.TakeFrame(Shard.NowMilliseconds))
        {
            return true;
        }

        _attack = type switch
        {
            Http2FrameType.Data => Http2Defence.EmptyDataFlood,
            Http2FrameType.Ping => Http2Defence.PingFlood,
            Http2FrameType.Settings => Http2Defence.SettingsFlood,
            Http2FrameType.Priority => Http2Defence.PriorityFlood,
            Http2FrameType.WindowUpdate => Http2Defence.WindowUpdateFlood,
            _ => Http2Defence.FrameFlood,
        };
        return false;
    }

    private Http2ErrorCode? FindViolation(Http2FrameType type, int stream)
    {
        if (type != Http2FrameType.Headers)
        {
            return null;
        }

        // A new stream has the highest number yet; the others below are open, or were reset by one of us a moment ago (5.1.1).
        var isBelow = stream < _highestOpened && stream > _highestReset && Find(stream) is null;
        _highestOpened = Math.Max(_highestOpened, stream);
        return isBelow ? Http2ErrorCode.ProtocolError : null;
    }

    internal void OnBeginHeaders(int stream, Http2HeadersCategory category)
    {
        _blockBeganMilliseconds = Shard.NowMilliseconds;
        _measuredOfRefused = 0;
        if (category != Http2HeadersCategory.Request)
        {
            Find(stream)?.BeginTrailers();
            return;
        }

        var limits = _server.Limits;
        if (_running >= limits.MaxConcurrentStreams || _streams.Count >= limits.MaxConcurrentStreams)
        {
            // Handlers of streams that were reset count until they have ended, so that nobody makes us work on more at a time; answers count
            // until they are sent, so that nobody makes us hold more of them.
            _latest = null;
            _refused.Add(stream);
            return;
        }

        var exchange = _server.RentExchange(Shard);
        _requests++;
        _running++;
        exchange.Begin(this, stream, _requests);
        _streams.Add(stream, exchange);
        _latest = exchange;
    }

    internal void OnField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var limits = _server.Limits.Head;
        int measured;
        if (Find(stream) is { } exchange)
        {
            measured = exchange.AddField(name, value, limits);
        }
        else
        {
            measured = _measuredOfRefused += name.Length + value.Length;
        }

        if (measured > HeaderBombFactor * limits.TotalBytes)
        {
            // The compression state must be kept up to the end of the block, which is what a bomb is made for.
            _attack = Http2Defence.HeaderBomb;
        }
    }

    internal void OnBody(int stream, ReadOnlySpan<byte> bytes)
    {
        if (Find(stream) is not { } exchange || !exchange.TakeIn(bytes))
        {
            _session.ConsumeConnection(bytes.Length);
        }
    }

    internal void OnFrame(in Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Headers:
                _blockBeganMilliseconds = 0;
                if (Find(frame.Stream) is { } opened)
                {
                    opened.CountReceived(frame.Length + Http2Frame.HeaderLength);
                    opened.HeadersComplete(frame.HeadersCategory, frame.EndsStream);
                    Wake(opened);
                }

                break;
            case Http2FrameType.Data when frame.EndsStream:
                if (Find(frame.Stream) is { } ended)
                {
                    ended.EndInput();
                    Wake(ended);
                }

                break;
            case Http2FrameType.Ping when frame.IsAcknowledgement && frame.PingOpaque == DrainPing:
                SayLastGoodbye();
                break;
        }
    }

    internal void OnStreamClosed(int stream, Http2ErrorCode error)
    {
        if (error != Http2ErrorCode.NoError || !_streams.ContainsKey(stream))
        {
            _highestReset = Math.Max(_highestReset, stream);
        }

        if (!_streams.Remove(stream, out var exchange))
        {
            return;
        }

        if (ReferenceEquals(_latest, exchange))
        {
            _latest = null;
        }

        exchange.StreamClosed(error);
        // Also streams that were reset for the client's errors: that is the same work for nothing.
        if (exchange.IsClientGone && !exchange.IsAborted && !_guard.TakeReset(Shard.NowMilliseconds))
        {
            _attack = Http2Defence.RapidReset;
        }

        Wake(exchange);
    }

    internal BodyPiece ReadBody(int stream, int limit)
    {
        _guard.Useful();
        return Find(stream) is { } exchange ? exchange.NextPiece(limit) : BodyPiece.End(0);
    }

    internal bool CopyBody(int stream, Span<byte> destination)
    {
        if (Find(stream) is not { } exchange)
        {
            return false;
        }

        exchange.CopyPiece(destination);
        Wake(exchange);
        return true;
    }

    private Http2Exchange? Find(int stream)
    {
        if (_latest is { } latest && latest.Stream == stream)
        {
            return latest;
        }

        return _streams.TryGetValue(stream, out var exchange) ? _latest = exchange : null;
    }
}
