using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Http.Http2;

/// <summary>Output: what the streams of one turn have to say is gathered in one buffer.</summary>
public sealed partial class Http2ServerConnection
{
    private readonly Action _pumpEnded;
    private readonly List<int> _resetWhenSent = [];
    private ValueTask<bool> _pump;
    private bool _isAsked;
    private bool _isWriting;
    private bool _settingsSent;

    /// <summary>Something may have to be sent at the end of this turn.</summary>
    internal void AskToWrite()
    {
        if (!_isAsked && !_isWriting && !_isOver)
        {
            _isAsked = true;
            Shard.AtTurnEnd(this);
        }
    }

    void ITurnWork.OnTurnEnd()
    {
        _isAsked = false;
        if (_isOver || _isWriting)
        {
            return;
        }

        _isWriting = true;
        _pump = PumpAsync();
        var awaiter = _pump.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            PumpEnded();
        }
        else
        {
            awaiter.UnsafeOnCompleted(_pumpEnded);
        }
    }

    /// <summary>Writes until nothing is left to be written now. Handlers go on only when the kernel has taken their bytes.</summary>
    /// <returns>False when the connection broke.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PumpAsync()
    {
        var buffer = Shard.Buffers.Rent(BufferPool.LargeSize);
        var count = _session.TakeOutput(buffer, 0, buffer.Length);
        while (count > 0)
        {
            TellTrueLimit(buffer);
            var written = await _connection.WriteAsync(buffer, 0, count, _server.Limits.SendTimeout);
            if (written < 0 || _isOver)
            {
                count = -1;
                break;
            }

            PingBehindNotice();
            ResetWhatWasSent();
            ServeWoken();
            count = _session.TakeOutput(buffer, 0, buffer.Length);
        }

        Shard.Buffers.Return(buffer);
        return count == 0;
    }

    private void PumpEnded()
    {
        var succeeded = _pump.GetAwaiter().GetResult();
        _pump = default;
        _isWriting = false;
        if (_isOver)
        {
            DisposeWhenUnused();
            return;
        }

        if (_session.Defect is { } defect)
        {
            _server.ReportDefect(defect);
        }

        if (!succeeded || IsUnderAttack())
        {
            _connection.Abort();
            return;
        }

        // Streams may have closed with the last bytes, and their handlers may have returned before.
        ServeWoken();
        if (!_session.WantsRead && !_session.WantsWrite)
        {
            // The reader ends the connection.
            _connection.CancelRead();
        }
        else if (IsIdle)
        {
            // The read under way was begun without a limit.
            _connection.LimitPendingRead(_requests == 0 ? _server.Limits.HeadTimeout : IdlePatience());
        }
    }

    /// <summary>The first frame of the connection is our SETTINGS, its first entry the number of streams.</summary>
    private void TellTrueLimit(byte[] buffer)
    {
        if (!_settingsSent)
        {
            _settingsSent = true;
            const int firstValue = Http2Frame.HeaderLength + sizeof(ushort);
            BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(firstValue), _server.Limits.MaxConcurrentStreams);
        }
    }

    /// <summary>
    /// A response is complete and the rest of its request unwanted: once the last frame is out the client is told to stop
    /// (RFC 9113, 8.1). Before that the reset would overtake the response.
    /// </summary>
    internal void ResetWhenSent(int stream)
    {
        _resetWhenSent.Add(stream);
        AskToWrite();
    }

    private void ResetWhatWasSent()
    {
        for (var i = _resetWhenSent.Count - 1; i >= 0; i--)
        {
            var state = _session.IsEndSent(_resetWhenSent[i]);
            if (state == true)
            {
                _highestReset = Math.Max(_highestReset, _resetWhenSent[i]);
                _session.Reset(_resetWhenSent[i], Http2ErrorCode.NoError);
            }

            if (state != false)
            {
                _resetWhenSent.RemoveAt(i);
            }
        }
    }

    /// <summary>The session is of no further use; the client is told why if it still listens.</summary>
    private void CutOff(Http2ErrorCode error)
    {
        Span<byte> frame = stackalloc byte[Http2Frame.HeaderLength + 8];
        frame.Clear();
        frame[2] = 8;
        frame[3] = (byte)Http2FrameType.GoAway;
        BinaryPrimitives.WriteInt32BigEndian(frame[Http2Frame.HeaderLength..], _session.LastPeerStream);
        BinaryPrimitives.WriteUInt32BigEndian(frame[(Http2Frame.HeaderLength + 4)..], (uint)error);
        _connection.TryWriteNow(frame);
    }
}
