using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Http.Http2;

internal sealed partial class Http2ClientStream
{
    /// <summary>Interim responses that may wait to be taken.</summary>
    private const int MostInterims = 16;

    /// <summary>Never completed inside an event of the session: what goes on then may use the session.</summary>
    private readonly ShardWait _reading = new();

    private readonly ResponseHead _final;
    private readonly Http2FieldStore _head;
    private readonly Http2FieldStore _trailers;
    private Queue<ResponseHead>? _interims;
    private int _largestHead;
    private bool _headReady;
    private bool _headTaken;
    private bool _hasTrailers;
    private bool _ended;

    private byte[]? _filling;
    private int _filled;
    private byte[]? _taken;
    private int _takenCount;

    /// <summary>The head that was read last.</summary>
    public ResponseHead Response { get; private set; }

    /// <summary>Behind the body; null when there are none.</summary>
    public HeaderBlock? Trailers => _hasTrailers && _ended ? _trailers.Fields : null;

    /// <summary>Whether the response has been taken to its end.</summary>
    public bool BodyDone => _ended && _filled == 0 && Failure == Http2StreamFailure.None;

    /// <summary>Payload bytes of the response received so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>The piece that the last <see cref="ReadBodyAsync"/> found, with <see cref="BodyRoom"/> around it.</summary>
    public byte[] Piece => _taken!;

    private bool HasHeadNews => (_headReady && !_headTaken) || _interims is { Count: > 0 };

    /// <summary>Reads the next head, interim ones included.</summary>
    /// <param name="timeout">Longest silence.</param>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<HeadStatus> ReadHeadAsync(TimeSpan timeout)
    {
        while (true)
        {
            if (_interims is { Count: > 0 })
            {
                Response = _interims.Dequeue();
                return HeadStatus.Interim;
            }

            if (_headReady)
            {
                _headTaken = true;
                Response = _final;
                return HeadStatus.Done;
            }

            if (Failure != Http2StreamFailure.None)
            {
                return Failure switch
                {
                    Http2StreamFailure.Refused => HeadStatus.Refused,
                    Http2StreamFailure.HeadTooLarge => HeadStatus.TooLarge,
                    Http2StreamFailure.Invalid => HeadStatus.Invalid,
                    _ => HeadStatus.Closed,
                };
            }

            var waited = await _reading.Begin(_shard, timeout);
            if (waited < 0)
            {
                return waited == IoStatus.TimedOut ? HeadStatus.TimedOut : HeadStatus.Closed;
            }
        }
    }

    /// <summary>Takes what has come of the body; the piece before it counts as passed on.</summary>
    /// <returns>Its length, from <see cref="BodyRoom.Before"/> on in <see cref="Piece"/>; zero at the end; negative when the backend failed.</returns>
    public ValueTask<int> ReadBodyAsync(TimeSpan timeout)
    {
        GiveBackPiece();
        return _filled > 0 || _ended || Failure != Http2StreamFailure.None ? new ValueTask<int>(TakePiece()) : WaitForPieceAsync(timeout);
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> WaitForPieceAsync(TimeSpan timeout)
    {
        var waited = await _reading.Begin(_shard, timeout);
        return waited < 0 ? waited : TakePiece();
    }

    /// <summary>Gives a read that waits a new limit, from now on.</summary>
    public void LimitPendingRead(TimeSpan timeout) => _reading.Limit(_shard, timeout);

    /// <summary>Ends a read that waits with <see cref="IoStatus.Canceled"/>.</summary>
    public void CancelRead() => _reading.Complete(IoStatus.Canceled);

    internal void OnHeaders()
    {
        AnyByteReceived = true;
        if (_headReady)
        {
            _hasTrailers = true;
            return;
        }

        _final.Clear();
        _head.Clear();
    }

    /// <returns>False when the stream is to be reset.</returns>
    internal bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var store = _headReady ? _trailers : _head;
        // As HTTP/1 would count it, with colon, blank and line end.
        if (store.Length + name.Length + value.Length + 4 > _largestHead)
        {
            Fail(Http2StreamFailure.HeadTooLarge);
            return false;
        }

        if (name.Length > 0 && name[0] == ':')
        {
            // The library has checked that it is :status, and three digits.
            _ = Utf8Parser.TryParse(value, out int status, out _);
            _final.Status = status;
            return true;
        }

        store.Add(name, value);
        return true;
    }

    /// <summary>The head or the trailers are whole.</summary>
    internal void OnHeadersEnd(bool endsStream)
    {
        if (!_headReady)
        {
            FinishHead(endsStream);
        }

        if (endsStream)
        {
            OnEnd();
        }
    }

    internal void OnBody(ReadOnlySpan<byte> bytes)
    {
        Append(bytes);
        BodyBytes += bytes.Length;
    }

    internal void OnEnd()
    {
        if (!_headReady)
        {
            Fail(Http2StreamFailure.Invalid);
        }

        _ended = true;
    }

    private void FinishHead(bool endsStream)
    {
        if (_final.Status is < 100 or 101)
        {
            // There is no such class (RFC 9110, 15), and no such switch (RFC 9113, 8.6).
            Fail(Http2StreamFailure.Invalid);
            return;
        }

        if (_final.Status < 200)
        {
            if (_interims is { Count: >= MostInterims })
            {
                Fail(Http2StreamFailure.Invalid);
                return;
            }

            // Rare, so each has a head of its own.
            var interim = new ResponseHead { Status = _final.Status };
            _head.CopyTo(interim.Headers);
            (_interims ??= new Queue<ResponseHead>()).Enqueue(interim);
            return;
        }

        var announced = _final.Headers.TryGet(HeaderId.ContentLength, out var text) && Utf8Parser.TryParse(text, out long length, out var used)
            && used == text.Length ? length : -1;
        _final.Version = HttpVersion.Http2;
        _final.ContentLength = Math.Max(announced, 0);
        _final.Framing = endsStream ? BodyFraming.None : announced >= 0 ? BodyFraming.Length : BodyFraming.Chunked;
        _headReady = true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = BodyRoom.Before + _filled + bytes.Length + BodyRoom.After;
        if (_filling is null || needed > _filling.Length)
        {
            var larger = _buffers.Rent(_filling is null ? needed : Math.Max(needed, BufferPool.LargeSize));
            if (_filling is not null)
            {
                _filling.AsSpan(BodyRoom.Before, _filled).CopyTo(larger.AsSpan(BodyRoom.Before));
                _buffers.Return(_filling);
            }

            _filling = larger;
        }

        bytes.CopyTo(_filling.AsSpan(BodyRoom.Before + _filled));
        _filled += bytes.Length;
    }

    private int TakePiece()
    {
        if (_filled > 0)
        {
            _taken = _filling;
            _takenCount = _filled;
            _filling = null;
            _filled = 0;
            return _takenCount;
        }

        return Failure != Http2StreamFailure.None ? ExchangeStatus.Truncated : 0;
    }

    private void GiveBackPiece()
    {
        if (_taken is null)
        {
            return;
        }

        _buffers.Return(_taken);
        _taken = null;
        var count = _takenCount;
        _takenCount = 0;
        _connection.Consume(Id, count);
        _connection.Flush();
    }

    private void ReleaseBuffers()
    {
        if (_filling is not null)
        {
            _buffers.Return(_filling);
            _filling = null;
        }

        if (_taken is not null)
        {
            _buffers.Return(_taken);
            _taken = null;
        }

        _filled = 0;
        _takenCount = 0;
        _head.Release();
        _trailers.Release();
    }

    private void ResetReceiving()
    {
        _interims?.Clear();
        _final.Clear();
        Response = _final;
        _headReady = false;
        _headTaken = false;
        _hasTrailers = false;
        _ended = false;
        BodyBytes = 0;
    }
}
