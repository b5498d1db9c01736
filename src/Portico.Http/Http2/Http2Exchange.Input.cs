using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Http.Http2;

/// <summary>
/// What the client sends on the stream: kept up to the stream's window until the handler reads it. Reading gives the window back, so a
/// handler that does not read stops the client.
/// </summary>
internal sealed partial class Http2Exchange
{
    private readonly ShardWait _reading = new();
    private byte[]? _input;
    private int _inputStart;
    private int _inputEnd;
    private bool _inputEnded;
    private bool _continueOwed;

    // Where the read that waits wants its bytes; null when a tunnel waits for readiness alone.
    private byte[]? _target;
    private int _targetOffset;
    private int _targetCount;

    private HeaderBlock? _trailers;
    private byte[]? _trailerBytes;
    private int _trailersFilled;
    private bool _hasTrailers;

    public override bool RequestBodyComplete => _isTunnel || Request.Framing == BodyFraming.None || (_inputEnded && RequestBodyAvailable == 0);

    public override int RequestBodyAvailable => _inputEnd - _inputStart;

    public override HeaderBlock? RequestTrailers => _hasTrailers && RequestBodyComplete ? _trailers : null;

    private void BeginInput()
    {
        _inputStart = 0;
        _inputEnd = 0;
        _inputEnded = false;
        _continueOwed = false;
        _hasTrailers = false;
        _trailersFilled = 0;
        _trailers?.Clear();
    }

    /// <summary>Takes bytes of the body in.</summary>
    /// <returns>False when nobody wants them.</returns>
    public bool TakeIn(ReadOnlySpan<byte> bytes)
    {
        BytesReceived += bytes.Length + Http2Frame.HeaderLength;
        if (_state == State.Served || _isAborted)
        {
            return false;
        }

        MakeRoom(bytes.Length);
        bytes.CopyTo(_input.AsSpan(_inputEnd));
        _inputEnd += bytes.Length;
        if (_reading.IsPending)
        {
            _owner.Wake(this);
        }

        return true;
    }

    public void EndInput() => _inputEnded = true;

    public void BeginTrailers()
    {
        _hasTrailers = true;
        _trailers ??= new HeaderBlock();
        _trailerBytes ??= _owner.Shard.Buffers.Rent(BufferPool.SmallSize);
        _trailers.Buffer = _trailerBytes;
    }

    public override void CancelBodyRead()
    {
        _target = null;
        _reading.Complete(IoStatus.Canceled);
    }

    public override ValueTask<int> ReadBodyAsync(byte[] buffer, int offset, int count)
    {
        if (RequestBodyComplete)
        {
            return new ValueTask<int>(0);
        }

        if (RequestBodyAvailable > 0)
        {
            return new ValueTask<int>(CountBody(TakeOut(buffer.AsSpan(offset, count))));
        }

        if (_isGone)
        {
            return new ValueTask<int>(IoStatus.Reset);
        }

        if (_continueOwed)
        {
            SendContinue();
        }

        (_target, _targetOffset, _targetCount) = (buffer, offset, count);
        return _reading.Begin(_owner.Shard, _server.Limits.BodyTimeout);
    }

    /// <summary>A read that waits gets what has come meanwhile.</summary>
    private void ContinueRead()
    {
        if (!_reading.IsPending || (RequestBodyAvailable == 0 && !_inputEnded && !_isGone && !_isClosed))
        {
            return;
        }

        if (_target is not { } target)
        {
            _reading.Complete(_isGone ? IoStatus.Reset : 1);
            return;
        }

        _target = null;
        var result = RequestBodyAvailable > 0 ? CountBody(TakeOut(target.AsSpan(_targetOffset, _targetCount)))
            : _inputEnded ? 0
            : IoStatus.Reset;
        _reading.Complete(result);
    }

    private int CountBody(int count)
    {
        BodyBytesRead += count;
        _continueOwed = false;
        return BodyLimit is { } limit && BodyBytesRead > limit ? ExchangeStatus.BodyTooLarge : count;
    }

    /// <summary>Moves bytes out of what is kept, and lets the client send as many again.</summary>
    private int TakeOut(Span<byte> room)
    {
        var count = Math.Min(room.Length, RequestBodyAvailable);
        _input.AsSpan(_inputStart, count).CopyTo(room);
        _inputStart += count;
        _owner.Session.Consume(Stream, count);
        _owner.AskToWrite();
        if (RequestBodyAvailable == 0)
        {
            ReleaseInputBuffer();
        }

        return count;
    }

    private void MakeRoom(int count)
    {
        var kept = RequestBodyAvailable;
        if (_input is not null && _inputEnd + count <= _input.Length)
        {
            return;
        }

        if (_input is not null && kept + count <= _input.Length)
        {
            _input.AsSpan(_inputStart, kept).CopyTo(_input);
        }
        else
        {
            var larger = _owner.Shard.Buffers.Rent(Math.Max(kept + count, BufferPool.SmallSize));
            if (_input is not null)
            {
                _input.AsSpan(_inputStart, kept).CopyTo(larger);
                _owner.Shard.Buffers.Return(_input);
            }

            _input = larger;
        }

        _inputStart = 0;
        _inputEnd = kept;
    }

    private int AddTrailerField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, in HeadLimits limits)
    {
        var start = _trailersFilled;
        _trailersFilled += name.Length + value.Length;
        // Trailers that do not fit are dropped whole, which RFC 9110, 6.5.1 allows.
        if (_trailerBytes is null || !_hasTrailers || _trailersFilled > _trailerBytes.Length)
        {
            _hasTrailers = false;
            return _trailersFilled;
        }

        name.CopyTo(_trailerBytes.AsSpan(start));
        value.CopyTo(_trailerBytes.AsSpan(start + name.Length));
        _trailers!.Add(start, name.Length, start + name.Length, value.Length);
        return _trailersFilled;
    }

    private void ReleaseInputBuffer()
    {
        if (_input is not null)
        {
            _owner.Shard.Buffers.Return(_input);
            _input = null;
        }

        _inputStart = 0;
        _inputEnd = 0;
    }

    private void ReleaseInput()
    {
        ReleaseInputBuffer();
        if (_trailerBytes is not null)
        {
            _trailers!.Clear();
            _trailers.Buffer = [];
            _owner.Shard.Buffers.Return(_trailerBytes);
            _trailerBytes = null;
            _hasTrailers = false;
        }
    }
}
