using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.Http1;

/// <summary>How reading a response head ended.</summary>
public enum HeadStatus : byte
{
    Done,

    /// <summary>The backend closed or broke the connection before its head was complete.</summary>
    Closed,

    TimedOut,

    /// <summary>The bytes are no response.</summary>
    Invalid,

    /// <summary>The head does not fit (nginx: "upstream sent too big header").</summary>
    TooLarge,

    /// <summary>An interim response (RFC 9110, 15.2) came; the next read gives the next head.</summary>
    Interim,

    /// <summary>The backend says that it did not touch the request: HTTP/2's REFUSED_STREAM, or a GOAWAY that leaves the stream out.</summary>
    Refused,
}

/// <summary>
/// Our side of one HTTP/1 connection with a backend: sends requests that are written already, reads responses. Holds a buffer only
/// while a response is under way. Owned by its shard.
/// </summary>
public sealed class Http1ClientConnection(Connection connection)
{
    private readonly Http1ResponseParser _parser = new();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private long _bodyLeft;
    private ChunkedDecoder _chunks;
    private TrailerLines? _trailers;

    /// <summary>Whether interim responses are told.</summary>
    private bool _interims;

    public Connection Connection { get; } = connection;

    public ResponseHead Response { get; } = new();

    /// <summary>Responses read from this connection.</summary>
    public int ResponseCount { get; private set; }

    /// <summary>Whether bytes of the response in hand have arrived.</summary>
    public bool AnyByteReceived { get; private set; }

    /// <summary>Payload bytes of the response received so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Whether the response body has been read to its end.</summary>
    public bool BodyDone { get; private set; }

    /// <summary>The trailers of the response, once its body has been read to its end; null when there are none.</summary>
    public HeaderBlock? Trailers => BodyDone ? _trailers?.Fields : null;

    /// <summary>The piece that the last <see cref="ReadBodyAsync"/> found, with <see cref="BodyRoom"/> around it.</summary>
    public byte[] Buffer => _buffer!;

    public int PieceStart { get; private set; }

    /// <summary>What made the last head invalid.</summary>
    public ParseError Error => _parser.Error != ParseError.None ? _parser.Error : _chunks.Error;

    /// <summary>Whether the connection can carry another request: the response was read whole and nothing stands behind it.</summary>
    public bool IsReusable =>
        BodyDone && Response.KeepAlive && _start == _end && !Connection.IsClosed && !Connection.PeerFinished;

    /// <summary>Reads a response head; interim responses (1xx other than 101) are skipped.</summary>
    /// <param name="toHeadRequest">Whether the request was HEAD.</param>
    /// <param name="largestHead">Room for the head in bytes.</param>
    /// <param name="timeout">Longest silence.</param>
    public ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout)
    {
        _interims = false;
        return BeginHeads(toHeadRequest, largestHead, timeout);
    }

    /// <summary>Reads a response head, or an interim one: 103, say. 100 (Continue) is skipped, since nobody here asks for it.</summary>
    public ValueTask<HeadStatus> ReadAnyHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout)
    {
        if (_interims && Response.Status is > 100 and < 200 and not 101)
        {
            BeginHead();
            var status = _end > _start ? ParseHeads(toHeadRequest, largestHead) : ParseStatus.NeedMore;
            return status == ParseStatus.NeedMore
                ? ReadHeadsAsync(toHeadRequest, largestHead, timeout)
                : new ValueTask<HeadStatus>(StatusOf(status));
        }

        _interims = true;
        return BeginHeads(toHeadRequest, largestHead, timeout);
    }

    private ValueTask<HeadStatus> BeginHeads(bool toHeadRequest, int largestHead, TimeSpan timeout)
    {
        _start = _end = BodyRoom.Before;
        AnyByteReceived = false;
        BodyBytes = 0;
        BeginHead();
        return ReadHeadsAsync(toHeadRequest, largestHead, timeout);
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<HeadStatus> ReadHeadsAsync(bool toHeadRequest, int largestHead, TimeSpan timeout)
    {
        while (true)
        {
            // A backend that takes its time costs no buffer.
            var read = await Connection.WaitForInputAsync(timeout);
            if (read > 0)
            {
                _buffer ??= Connection.Shard.Buffers.Rent(Math.Max(BufferPool.MediumSize, largestHead + BodyRoom.Before + BodyRoom.After + 1));
                read = Connection.ReadNow(_buffer, _end, _buffer.Length - _end - BodyRoom.After);
                if (read == Connection.NothingNow)
                {
                    continue;
                }
            }

            if (read <= 0)
            {
                return read == IoStatus.TimedOut ? HeadStatus.TimedOut : HeadStatus.Closed;
            }

            AnyByteReceived = true;
            _end += read;
            var status = ParseHeads(toHeadRequest, largestHead);
            if (status != ParseStatus.NeedMore)
            {
                return StatusOf(status);
            }

            if (_end >= _buffer!.Length - BodyRoom.After)
            {
                return HeadStatus.TooLarge;
            }
        }
    }

    /// <summary>Reads the next piece of the body; see <see cref="Buffer"/> and <see cref="PieceStart"/>.</summary>
    /// <returns>Its length; zero at the end; negative when the backend failed.</returns>
    public ValueTask<int> ReadBodyAsync(TimeSpan timeout)
    {
        if (BodyDone)
        {
            return new ValueTask<int>(0);
        }

        if (_end > _start)
        {
            var piece = TakePiece();
            if (piece != 0)
            {
                return new ValueTask<int>(piece);
            }
        }

        return BodyDone ? new ValueTask<int>(0) : ReadMoreAsync(timeout);
    }

    /// <summary>Gives the buffer back; the head's spans are gone then.</summary>
    public void ReleaseBuffer()
    {
        if (_buffer is not null)
        {
            Connection.Shard.Buffers.Return(_buffer);
            _buffer = null;
        }

        // While a body pauses, half of its trailers may be here.
        if (BodyDone)
        {
            _trailers?.Release();
        }
    }

    /// <summary>Bytes that came behind the head of a 101 response: the first of the tunnel.</summary>
    public ReadOnlySpan<byte> TakeTunnelBytes()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        _start = _end;
        return bytes;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadMoreAsync(TimeSpan timeout)
    {
        while (!BodyDone)
        {
            var read = Connection.HasInput ? ReadPiece() : Connection.NothingNow;
            if (read == Connection.NothingNow)
            {
                // A body that pauses (server-sent events, long polls) holds no buffer.
                ReleaseBuffer();
                var waited = await Connection.WaitForInputAsync(timeout);
                if (waited < 0)
                {
                    return waited;
                }

                continue;
            }

            if (read <= 0)
            {
                return read == IoStatus.End ? EndOfConnection() : read;
            }

            _start = BodyRoom.Before;
            _end = _start + read;
            var piece = TakePiece();
            if (piece != 0)
            {
                return piece;
            }
        }

        return 0;
    }

    private int ReadPiece()
    {
        var flows = Response.Framing != BodyFraming.Length || _bodyLeft > BufferPool.MediumSize;
        if (_buffer is null || (flows && _buffer.Length < BufferPool.LargeSize))
        {
            ReleaseBuffer();
            _buffer = Connection.Shard.Buffers.Rent(flows ? BufferPool.LargeSize : BufferPool.MediumSize);
        }

        var room = _buffer.Length - BodyRoom.Before - BodyRoom.After;
        return Connection.ReadNow(_buffer, BodyRoom.Before, Response.Framing == BodyFraming.Length ? (int)Math.Min(room, _bodyLeft) : room);
    }

    private int EndOfConnection()
    {
        BodyDone = Response.Framing == BodyFraming.UntilClose;
        return BodyDone ? 0 : ExchangeStatus.Truncated;
    }

    /// <summary>Takes payload from the bytes in hand.</summary>
    private int TakePiece()
    {
        PieceStart = _start;
        var count = _end - _start;
        switch (Response.Framing)
        {
            case BodyFraming.Length:
                count = (int)Math.Min(count, _bodyLeft);
                _start += count;
                _bodyLeft -= count;
                BodyDone = _bodyLeft == 0;
                break;
            case BodyFraming.Chunked:
                var status = _chunks.Decode(_buffer.AsSpan(_start, count), out var consumed, out count);
                _start += consumed;
                BodyDone = status == ParseStatus.Done;
                if (status == ParseStatus.Invalid)
                {
                    return ExchangeStatus.BadBody;
                }

                break;
            default:
                _start = _end;
                break;
        }

        BodyBytes += count;
        return count;
    }

    private HeadStatus StatusOf(ParseStatus status) =>
        status == ParseStatus.Done ? (Response.Status is >= 200 or 101 ? HeadStatus.Done : HeadStatus.Interim)
        : _parser.Error == ParseError.HeaderTooLarge ? HeadStatus.TooLarge
        : HeadStatus.Invalid;

    private void BeginHead()
    {
        Response.Clear();
        _parser.Reset(_start);
        BodyDone = false;
    }

    private ParseStatus ParseHeads(bool toHeadRequest, int largestHead)
    {
        while (true)
        {
            var status = _parser.Parse(_buffer!, _end, largestHead, toHeadRequest, Response);
            if (status != ParseStatus.Done)
            {
                return status;
            }

            _start += Response.HeadLength;
            if (Response.Status is >= 200 or 101)
            {
                BeginBody();
                return ParseStatus.Done;
            }

            if (_interims && Response.Status > 100)
            {
                return ParseStatus.Done;
            }

            BeginHead();
        }
    }

    private void BeginBody()
    {
        ResponseCount++;
        _bodyLeft = Response.ContentLength;
        _trailers?.Release();
        _chunks = Response.Framing == BodyFraming.Chunked ? new ChunkedDecoder(_trailers ??= new TrailerLines(Connection.Shard.Buffers)) : default;
        BodyDone = Response.Framing == BodyFraming.None;
    }
}
