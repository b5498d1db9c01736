using System.Diagnostics;
using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net.Async;

namespace Portico.Http.Http1;

internal sealed partial class Http1Exchange
{
    private OutputBuffer _output;

    /// <summary>Trailer lines, held until the last chunk is written.</summary>
    private OutputBuffer _trailers;
    private ResponseFraming _framing;
    private long _announcedLeft;
    private int _status;
    private bool _keepAlive;
    private bool _finished;
    private bool _interimUnwanted;

    private enum ResponseFraming : byte
    {
        /// <summary>No body bytes follow.</summary>
        None,
        Length,
        Chunked,
        UntilClose,
    }

    /// <summary>Whether another request may follow on the connection.</summary>
    public bool KeepsConnection => _keepAlive && _finished && ResponseStarted;

    private void BeginResponse()
    {
        _output.Close();
        _trailers.Close();
        _framing = ResponseFraming.None;
        _announcedLeft = 0;
        _status = 0;
        _keepAlive = false;
        _finished = false;
    }

    public override void StartInterim(int status)
    {
        _interimUnwanted = Request.Version == HttpVersion.Http10;
        _output.Open(Connection.Shard.Buffers);
        _output.Clear();
        _output.Append(StatusLines.Get(status));
    }

    public override ValueTask<int> SendInterimAsync()
    {
        if (_interimUnwanted)
        {
            _output.Clear();
            return new ValueTask<int>(1);
        }

        _output.Append("\r\n"u8);
        return FlushAsync();
    }

    public override void StartResponse(int status)
    {
        _output.Open(Connection.Shard.Buffers);
        _output.Clear();
        _status = status;
        ResponseStarted = true;
        _output.Append(StatusLines.Get(status));
    }

    public override void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _output.AppendHeader(name, value);

    public override void EndHeaders(long? contentLength, bool hasBody)
    {
        var toHead = Request.Method == HttpMethod.Head;
        var bodiless = _status is < 200 or 204 or 304;
        if (contentLength is { } length && !bodiless)
        {
            _output.Append("Content-Length: "u8);
            _output.AppendDecimal(length);
            _output.Append("\r\n"u8);
        }
        else if (_status == 304 && contentLength is { } unsent)
        {
            // A 304 may tell the length of what it does not send (RFC 9110, 8.6).
            _output.Append("Content-Length: "u8);
            _output.AppendDecimal(unsent);
            _output.Append("\r\n"u8);
        }

        _framing = !hasBody || toHead || bodiless ? ResponseFraming.None
            : contentLength is not null ? ResponseFraming.Length
            : Request.Version == HttpVersion.Http10 ? ResponseFraming.UntilClose
            : ResponseFraming.Chunked;
        _announcedLeft = _framing == ResponseFraming.Length ? contentLength!.Value : 0;
        if (contentLength is null && !bodiless && (_framing == ResponseFraming.Chunked || (toHead && Request.Version != HttpVersion.Http10)))
        {
            _output.Append("Transfer-Encoding: chunked\r\n"u8);
        }

        if (_status == 101)
        {
            _output.Append("Connection: upgrade\r\n\r\n"u8);
            return;
        }

        // A body that the client is still sending would stand in front of its next request.
        _keepAlive &= _framing != ResponseFraming.UntilClose && _server.Phase == ServerPhase.Serving && (_bodyDone || BodyIsHere());
        if (!_keepAlive)
        {
            _output.Append("Connection: close\r\n\r\n"u8);
        }
        else
        {
            _output.Append(Request.Version == HttpVersion.Http10 ? "Connection: keep-alive\r\n\r\n"u8 : "\r\n"u8);
        }
    }

    private bool BodyIsHere() => Request.Framing == BodyFraming.Length && RequestBodyAvailable == _bodyLeft && !_continueOwed;

    public override ValueTask<int> WriteBodyAsync(byte[] buffer, int offset, int count, bool last)
    {
        Debug.Assert(_framing != ResponseFraming.None || count == 0, "this response has no body");
        // A piece of no bytes only sends what is held back: a chunk without bytes would be the end of the body.
        if (_framing == ResponseFraming.None || count == 0)
        {
            return FlushAsync();
        }

        BodyBytesSent += count;
        _announcedLeft -= count;
        if (_output.Count > 0)
        {
            return WriteBehindHeadAsync(buffer, offset, count, last);
        }

        if (_framing == ResponseFraming.Chunked)
        {
            _finished |= last;
            (offset, count) = ChunkedEncoding.Wrap(buffer, offset, count, last);
        }

        return SendAsync(buffer, offset, count);
    }

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_framing == ResponseFraming.Chunked && !_finished && MessageFraming.HasToken(Request.Headers, HeaderId.Te, "trailers"u8))
        {
            _trailers.Open(Connection.Shard.Buffers);
            _trailers.AppendHeader(name, value);
        }
    }

    public override ValueTask<int> FinishAsync()
    {
        if (_finished)
        {
            return new ValueTask<int>(1);
        }

        if (_framing == ResponseFraming.Length && _announcedLeft > 0)
        {
            // Fewer bytes than announced: the client must see that.
            Abort();
            return new ValueTask<int>(Net.IoStatus.Canceled);
        }

        if (_framing == ResponseFraming.Chunked)
        {
            _output.Open(Connection.Shard.Buffers);
            _output.Append("0\r\n"u8);
            _output.Append(_trailers.Written);
            _output.Append("\r\n"u8);
        }

        _finished = true;
        return _output.Count > 0 ? FlushAsync() : new ValueTask<int>(1);
    }

    public override void Abort() => IsAborted = true;

    public override void CloseAfterwards() => _keepAlive = false;

    /// <summary>The head and the first piece leave in one write where they fit one buffer.</summary>
    private ValueTask<int> WriteBehindHeadAsync(byte[] buffer, int offset, int count, bool last)
    {
        if (_framing == ResponseFraming.Chunked)
        {
            _output.AppendHex(count);
            _output.Append("\r\n"u8);
        }

        var fitting = Math.Min(count, _output.Room - BodyRoom.After);
        if (fitting < count)
        {
            return WriteInTwoAsync(buffer, offset, count, last);
        }

        _output.Append(buffer.AsSpan(offset, count));
        EndChunk(last);
        return FlushAsync();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> WriteInTwoAsync(byte[] buffer, int offset, int count, bool last)
    {
        var fitting = Math.Min(count, _output.Room);
        _output.Append(buffer.AsSpan(offset, fitting));
        var status = await FlushAsync();
        if (status < 0)
        {
            return status;
        }

        var rest = count - fitting;
        if (_framing == ResponseFraming.Chunked)
        {
            _finished |= last;
            rest += ChunkedEncoding.End(buffer.AsSpan(offset + count), last);
        }

        return await SendAsync(buffer, offset + fitting, rest);
    }

    private void EndChunk(bool last)
    {
        if (_framing == ResponseFraming.Chunked)
        {
            _output.Append(last ? "\r\n0\r\n\r\n"u8 : "\r\n"u8);
            _finished |= last;
        }
    }

    public override ValueTask<int> FlushAsync()
    {
        var count = _output.Count;
        if (count == 0)
        {
            return new ValueTask<int>(1);
        }

        _output.Clear();
        return SendAsync(_output.Array, 0, count);
    }

    private ValueTask<int> SendAsync(byte[] buffer, int offset, int count)
    {
        BytesSent += count;
        return Connection.WriteAsync(buffer, offset, count, _server.Limits.SendTimeout);
    }
}
