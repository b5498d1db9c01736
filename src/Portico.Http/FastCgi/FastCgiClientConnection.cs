using System.Runtime.CompilerServices;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.FastCgi;

/// <summary>
/// Our side of one connection with a FastCGI application: sends one request, reads its response, and is of no further use then. Holds a buffer
/// only while it sends its request and while a response is under way. Owned by its shard.
/// </summary>
public sealed class FastCgiClientConnection(Connection connection)
{
    private readonly FastCgiDecoder _decoder = new();
    private OutputBuffer _output;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private long _bodyLeft;
    private bool _outputEnded;

    public Connection Connection { get; } = connection;

    public ResponseHead Response { get; } = new();

    /// <summary>Whether bytes of the response have arrived.</summary>
    public bool AnyByteReceived { get; private set; }

    /// <summary>Payload bytes of the response received so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Whether the response body has been read to its end.</summary>
    public bool BodyDone { get; private set; }

    /// <summary>The piece that the last <see cref="ReadBodyAsync"/> found, with <see cref="BodyRoom"/> around it.</summary>
    public byte[] Buffer => _buffer!;

    public int PieceStart { get; private set; }

    /// <summary>What the application said on standard error; empty for nothing.</summary>
    public string ErrorText => _decoder.ErrorText;

    /// <summary>Sends the request: its parameters, and its body where that is whole.</summary>
    /// <param name="body">From <see cref="BodyRoom.Before"/> on; not touched before this has ended.</param>
    public ValueTask<int> SendAsync(FastCgiParameters parameters, byte[]? body, int count, bool whole, TimeSpan timeout)
    {
        _output.Open(Connection.Shard.Buffers);
        _output.Clear();
        _output.Append(FastCgiRecord.BeginResponder);
        parameters.WriteTo(ref _output);
        return whole && count > 0 ? SendAllAsync(body!, count, timeout)
            : whole ? FinishAsync(timeout)
            : Connection.WriteAsync(_output.Array, 0, _output.Count, timeout);
    }

    /// <summary>Sends a piece of the body, in as many records as it takes.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<int> WriteBodyAsync(byte[] buffer, int start, int count, TimeSpan timeout)
    {
        var sent = 1;
        while (count > 0 && sent >= 0)
        {
            var content = Math.Min(count, FastCgiRecord.MostContent);
            WriteInputHeader(content);
            sent = await Connection.WriteAsync(_output.Array, 0, _output.Count, timeout);
            if (sent >= 0)
            {
                sent = await Connection.WriteAsync(buffer, start, content, timeout);
            }

            start += content;
            count -= content;
        }

        return sent;
    }

    /// <summary>Ends the request.</summary>
    public ValueTask<int> FinishRequestAsync(TimeSpan timeout)
    {
        _output.Clear();
        return FinishAsync(timeout);
    }

    /// <summary>Reads the response head.</summary>
    /// <param name="toHeadRequest">Whether the request was HEAD.</param>
    /// <param name="largestHead">Room for the head in bytes.</param>
    /// <param name="timeout">Longest silence.</param>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout)
    {
        _start = _end = BodyRoom.Before;
        while (true)
        {
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
            if (!Decode(read))
            {
                return HeadStatus.Invalid;
            }

            var status = CgiHeadParser.Parse(_buffer!, BodyRoom.Before, _end, toHeadRequest, Response, out var bodyStart);
            if (status != ParseStatus.NeedMore)
            {
                return status == ParseStatus.Done ? BeginBody(bodyStart, largestHead) : HeadStatus.Invalid;
            }

            if (_outputEnded || _end - BodyRoom.Before >= largestHead || _end >= _buffer!.Length - BodyRoom.After)
            {
                return _outputEnded ? HeadStatus.Closed : HeadStatus.TooLarge;
            }
        }
    }

    /// <summary>Reads the next piece of the body; see <see cref="Buffer"/> and <see cref="PieceStart"/>.</summary>
    /// <returns>Its length; zero at the end; negative when the application failed.</returns>
    public ValueTask<int> ReadBodyAsync(TimeSpan timeout)
    {
        var piece = TakePiece();
        return piece > 0 || BodyDone ? new ValueTask<int>(piece) : ReadMoreAsync(timeout);
    }

    /// <summary>Closes for good.</summary>
    public void Close()
    {
        _output.Close();
        ReleaseBuffer();
        Connection.Close();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadMoreAsync(TimeSpan timeout)
    {
        while (!_outputEnded)
        {
            if (!Connection.HasInput)
            {
                // A body that pauses holds no buffer.
                ReleaseBuffer();
                var waited = await Connection.WaitForInputAsync(timeout);
                if (waited < 0)
                {
                    return waited;
                }
            }

            EnsureLargeBuffer();
            _start = _end = BodyRoom.Before;
            var read = Connection.ReadNow(_buffer!, _end, _buffer!.Length - BodyRoom.Before - BodyRoom.After);
            if (read == Connection.NothingNow)
            {
                continue;
            }

            if (read <= 0)
            {
                return read == IoStatus.End ? ExchangeStatus.Truncated : read;
            }

            if (!Decode(read))
            {
                return ExchangeStatus.BadBody;
            }

            var piece = TakePiece();
            if (piece > 0 || BodyDone)
            {
                return piece;
            }
        }

        BodyDone = Response.Framing != BodyFraming.Length;
        return BodyDone ? 0 : ExchangeStatus.Truncated;
    }

    /// <summary>Takes in the bytes that were read behind what is there.</summary>
    private bool Decode(int read)
    {
        var status = _decoder.Decode(_buffer.AsSpan(_end, read), out var produced);
        _end += produced;
        _outputEnded = status == ParseStatus.Done;
        return status != ParseStatus.Invalid;
    }

    private HeadStatus BeginBody(int bodyStart, int largestHead)
    {
        if (bodyStart - BodyRoom.Before > largestHead)
        {
            return HeadStatus.TooLarge;
        }

        _start = bodyStart;
        _bodyLeft = Response.ContentLength;
        BodyDone = Response.Framing == BodyFraming.None;
        return HeadStatus.Done;
    }

    /// <summary>Takes payload from the bytes in hand; what stands behind the announced length is dropped.</summary>
    private int TakePiece()
    {
        if (BodyDone)
        {
            return 0;
        }

        PieceStart = _start;
        var count = _end - _start;
        _start = _end;
        if (Response.Framing == BodyFraming.Length)
        {
            count = (int)Math.Min(count, _bodyLeft);
            _bodyLeft -= count;
            BodyDone = _bodyLeft == 0;
        }

        BodyBytes += count;
        return count;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SendAllAsync(byte[] body, int count, TimeSpan timeout)
    {
        var sent = await Connection.WriteAsync(_output.Array, 0, _output.Count, timeout);
        if (sent >= 0)
        {
            sent = await WriteBodyAsync(body, BodyRoom.Before, count, timeout);
        }

        return sent < 0 ? sent : await FinishRequestAsync(timeout);
    }

    private ValueTask<int> FinishAsync(TimeSpan timeout)
    {
        _output.Append(FastCgiRecord.EndOfInput);
        return Connection.WriteAsync(_output.Array, 0, _output.Count, timeout);
    }

    private void WriteInputHeader(int content)
    {
        Span<byte> header = stackalloc byte[FastCgiRecord.HeaderLength];
        FastCgiRecord.WriteHeader(header, FastCgiRecordType.StandardInput, content);
        _output.Clear();
        _output.Append(header);
    }

    private void EnsureLargeBuffer()
    {
        if (_buffer is null || _buffer.Length < BufferPool.LargeSize)
        {
            ReleaseBuffer();
            _buffer = Connection.Shard.Buffers.Rent(BufferPool.LargeSize);
        }
    }

    private void ReleaseBuffer()
    {
        if (_buffer is not null)
        {
            Connection.Shard.Buffers.Return(_buffer);
            _buffer = null;
        }
    }
}
