using System.Buffers.Text;
using System.Text;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Timers;

namespace Portico.Http.Http2;

/// <summary>
/// What is sent on the stream. Small pieces are held back in the exchange, so that their writer need not wait; of a large piece the
/// session takes as much as windows and the socket allow, and its writer waits until all of it was taken.
/// </summary>
internal sealed partial class Http2Exchange
{
    /// <summary>The most that is held back for a stream.</summary>
    private const int MostHeld = BufferPool.MediumSize;

    private readonly ShardWait _writing = new();
    private readonly StallDeadline _stall;
    private Http2FieldList? _fields;
    private Http2FieldList? _responseTrailers;
    private byte[]? _held;
    private int _heldStart;
    private int _heldEnd;
    private byte[]? _piece;
    private int _pieceStart;
    private int _pieceEnd;
    private long _announcedLeft;
    private int _status;
    private bool _hasAnnounced;
    private bool _hasBody;
    private bool _isEnded;
    private bool _isDeferred;

    private int Unsent => _heldEnd - _heldStart + _pieceEnd - _pieceStart;

    private void BeginResponse()
    {
        _heldStart = _heldEnd = 0;
        _pieceStart = _pieceEnd = 0;
        _announcedLeft = 0;
        _hasAnnounced = false;
        _hasBody = false;
        _isEnded = false;
        _isDeferred = false;
        _status = 0;
    }

    public override void StartInterim(int status) => StartFields(status);

    public override ValueTask<int> SendInterimAsync()
    {
        var fields = TakeFields();
        if (!_isClosed)
        {
            _owner.Session.SubmitInterim(Stream, fields);
            _owner.AskToWrite();
        }

        _server.Return(fields);
        return Outcome();
    }

    private void SendContinue()
    {
        _continueOwed = false;
        StartFields(100);
        _ = SendInterimAsync();
    }

    public override void StartResponse(int status)
    {
        // On an extended CONNECT a success opens the tunnel (RFC 8441, 5), so nothing but 101 may look like one.
        _status = !_isTunnel ? status : status == 101 ? 200 : status is >= 200 and < 300 ? 502 : status;
        _isTunnel &= status == 101;
        ResponseStarted = true;
        StartFields(_status);
    }

    public override void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_isTunnel && (Ascii.EqualsIgnoreCase(name, "Upgrade"u8) || Ascii.EqualsIgnoreCase(name, "Sec-WebSocket-Accept"u8)))
        {
            // They belong to the handshake of HTTP/1.1.
            return;
        }

        BytesSent += name.Length + value.Length;
        _fields!.Add(name, value);
    }

    public override void EndHeaders(long? contentLength, bool hasBody)
    {
        var bodiless = _status is < 200 or 204 || _isTunnel;
        if (contentLength is { } length && !bodiless)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(length, digits, out var written);
            Add("content-length"u8, digits[..written]);
        }

        _hasBody = _isTunnel || (hasBody && !bodiless && _status != 304 && Request.Method != HttpMethod.Head);
        _hasAnnounced = _hasBody && !_isTunnel && contentLength is not null;
        _announcedLeft = contentLength ?? 0;
        _isEnded = !_hasBody;
        BytesSent += Http2Frame.HeaderLength;
        var fields = TakeFields();
        if (!_isClosed)
        {
            _owner.Session.SubmitResponse(Stream, fields, _hasBody);
            _owner.AskToWrite();
        }

        _server.Return(fields);
    }

    public override ValueTask<int> FlushAsync()
    {
        _owner.AskToWrite();
        return Outcome();
    }

    public override ValueTask<int> WriteBodyAsync(byte[] buffer, int offset, int count, bool last)
    {
        if (!_hasBody || count == 0)
        {
            return FlushAsync();
        }

        _announcedLeft -= count;
        _isEnded |= last && (!_hasAnnounced || _announcedLeft == 0);
        return SendAsync(buffer, offset, count, _server.Limits.SendTimeout);
    }

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_hasBody && !_isEnded)
        {
            _responseTrailers ??= _server.RentFields();
            _responseTrailers.Add(name, value);
            BytesSent += name.Length + value.Length;
        }
    }

    public override ValueTask<int> FinishAsync()
    {
        if (_hasAnnounced && _announcedLeft > 0)
        {
            // Fewer bytes than announced: the client must see that.
            Abort();
            return new ValueTask<int>(IoStatus.Canceled);
        }

        if (!_isTunnel)
        {
            _isEnded = true;
        }

        Resume();
        return Outcome();
    }

    public override void Abort() => _isAborted = true;

    /// <summary>The stream alone ends: what the client still sends is not in anybody's way.</summary>
    public override void CloseAfterwards()
    {
    }

    /// <summary>What can be sent of the stream now, asked for by the session.</summary>
    public BodyPiece NextPiece(int limit)
    {
        var unsent = Unsent;
        if (unsent > limit)
        {
            return BodyPiece.Of(limit);
        }

        if (!_isEnded)
        {
            _isDeferred = unsent == 0;
            return unsent == 0 ? BodyPiece.Deferred : BodyPiece.Of(unsent);
        }

        if (_responseTrailers is not { } trailers)
        {
            return BodyPiece.End(unsent);
        }

        _responseTrailers = null;
        _owner.Session.SubmitTrailer(Stream, trailers);
        _server.Return(trailers);
        return BodyPiece.EndWithTrailers(unsent);
    }

    public void CopyPiece(Span<byte> room)
    {
        BytesSent += Http2Frame.HeaderLength;
        var held = Math.Min(room.Length, _heldEnd - _heldStart);
        if (held > 0)
        {
            _held.AsSpan(_heldStart, held).CopyTo(room);
            _heldStart += held;
            if (_heldStart == _heldEnd)
            {
                ReleaseHeld();
            }
        }

        var rest = room.Length - held;
        if (rest > 0)
        {
            _piece.AsSpan(_pieceStart, rest).CopyTo(room[held..]);
            _pieceStart += rest;
        }

        // The client takes bytes: its time begins anew.
        if (_stall.IsSet)
        {
            LimitStall(_server.Limits.SendTimeout);
        }
    }

    private ValueTask<int> SendAsync(byte[] buffer, int offset, int count, TimeSpan timeout)
    {
        if (_isClosed)
        {
            return new ValueTask<int>(IoStatus.Reset);
        }

        BodyBytesSent += count;
        BytesSent += count;
        if (_heldEnd + count <= MostHeld)
        {
            _held ??= _owner.Shard.Buffers.Rent(_isEnded ? count : MostHeld);
            if (_heldEnd + count <= _held.Length)
            {
                buffer.AsSpan(offset, count).CopyTo(_held.AsSpan(_heldEnd));
                _heldEnd += count;
                Resume();
                return new ValueTask<int>(1);
            }
        }

        (_piece, _pieceStart, _pieceEnd) = (buffer, offset, offset + count);
        Resume();
        LimitStall(timeout);
        return _writing.Begin();
    }

    /// <summary>The session asked before there was something to send.</summary>
    private void Resume()
    {
        if (_isClosed)
        {
            return;
        }

        if (_isDeferred)
        {
            _isDeferred = false;
            _owner.Session.ResumeData(Stream);
        }

        _owner.AskToWrite();
    }

    private void ContinueWrite()
    {
        if (_writing.IsPending && (_isClosed || _pieceStart == _pieceEnd))
        {
            var taken = _pieceStart == _pieceEnd;
            EndWrite(taken ? 1 : IoStatus.Reset);
        }
    }

    private void EndWrite(int result)
    {
        ForgetPiece();
        _stall.Clear();
        _writing.Complete(result);
    }

    /// <summary>Gives the client so much time to take a byte, also when nobody waits for it.</summary>
    private void LimitStall(TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero)
        {
            _owner.Shard.Timers.Set(_stall, _owner.Shard.NowMilliseconds + (long)timeout.TotalMilliseconds);
        }
    }

    /// <summary>The client took nothing for too long: its window is shut, and nobody knows for how long.</summary>
    private void OnStall()
    {
        if (_isClosed || (!_writing.IsPending && Unsent == 0))
        {
            return;
        }

        _server.Defend(Connection, Http2Defence.StalledStream);
        _isAborted = true;
        ResetStream(Http2ErrorCode.Cancel);
        if (_writing.IsPending)
        {
            _isGone = true;
            EndWrite(IoStatus.TimedOut);
        }
    }

    private void ForgetPiece()
    {
        _piece = null;
        _pieceStart = _pieceEnd = 0;
    }

    private ValueTask<int> Outcome() => new(_isGone ? IoStatus.Reset : 1);

    private void StartFields(int status)
    {
        _fields ??= _server.RentFields();
        _fields.Clear();
        Span<byte> digits = stackalloc byte[3];
        Utf8Formatter.TryFormat(status, digits, out _);
        _fields.Add(":status"u8, digits);
    }

    private Http2FieldList TakeFields()
    {
        var fields = _fields!;
        _fields = null;
        return fields;
    }

    private void ReleaseHeld()
    {
        if (_held is not null)
        {
            _owner.Shard.Buffers.Return(_held);
            _held = null;
        }

        _heldStart = _heldEnd = 0;
    }

    private void ReleaseResponse()
    {
        ReleaseHeld();
        ForgetPiece();
        if (_fields is not null)
        {
            _server.Return(TakeFields());
        }

        if (_responseTrailers is not null)
        {
            _server.Return(_responseTrailers);
            _responseTrailers = null;
        }
    }

    private sealed class StallDeadline(Http2Exchange exchange) : Deadline
    {
        protected override void OnDue() => exchange.OnStall();
    }
}
