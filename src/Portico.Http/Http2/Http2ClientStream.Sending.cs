using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Http.Http2;

internal sealed partial class Http2ClientStream
{
    /// <summary>Never completed inside an event of the session.</summary>
    private readonly ShardWait _writing = new();

    private byte[]? _sending;
    private int _sendingStart;
    private int _sendingCount;
    private HeaderBlock? _sendingTrailers;
    private bool _finished;
    private bool _deferred;
    private bool _stalled;

    /// <summary>Sends a piece of the body: straight from the caller's buffer, which must not change before this has ended.</summary>
    /// <param name="last">Whether the request ends with this piece.</param>
    /// <param name="timeout">Longest time in which the backend takes nothing.</param>
    /// <returns>A negative status when the stream failed.</returns>
    public ValueTask<int> WriteAsync(byte[] buffer, int offset, int count, bool last, HeaderBlock? trailers, TimeSpan timeout)
    {
        SetBody(buffer, offset, count, last, trailers);
        return FlushBodyAsync(timeout);
    }

    /// <summary>What the session asks for once it has opened the stream.</summary>
    internal void SetBody(byte[]? buffer, int offset, int count, bool last, HeaderBlock? trailers)
    {
        _sending = buffer;
        _sendingStart = offset;
        _sendingCount = count;
        _finished = last;
        _sendingTrailers = trailers;
    }

    internal ValueTask<int> FlushBodyAsync(TimeSpan timeout)
    {
        if (_deferred)
        {
            _deferred = false;
            _connection.ResumeData(Id);
        }

        _connection.Flush();
        if (Failure != Http2StreamFailure.None)
        {
            return new ValueTask<int>(IoStatus.Reset);
        }

        // A stream that is closed after a whole response wants no more of the request.
        return _sendingCount == 0 || IsClosed ? new ValueTask<int>(1) : _writing.Begin(_shard, timeout);
    }

    internal BodyPiece NextPiece(int limit)
    {
        var count = Math.Min(limit, _sendingCount);
        if (count < _sendingCount || (!_finished && count > 0))
        {
            return BodyPiece.Of(count);
        }

        if (!_finished)
        {
            _deferred = true;
            return BodyPiece.Deferred;
        }

        if (_sendingTrailers is not { } trailers)
        {
            return BodyPiece.End(count);
        }

        _connection.SubmitTrailers(Id, trailers);
        return BodyPiece.EndWithTrailers(count);
    }

    internal bool CopyPiece(Span<byte> destination)
    {
        if (_sending is null || _sendingCount < destination.Length)
        {
            return false;
        }

        _sending.AsSpan(_sendingStart, destination.Length).CopyTo(destination);
        _sendingStart += destination.Length;
        _sendingCount -= destination.Length;
        if (_sendingCount == 0)
        {
            _connection.NoteProgress(this);
        }
        else
        {
            _writing.Limit(_shard, _connection.StallLimit);
        }

        return true;
    }

    private void ResetSending()
    {
        SetBody(null, 0, 0, last: false, trailers: null);
        _deferred = false;
        _stalled = false;
    }
}
