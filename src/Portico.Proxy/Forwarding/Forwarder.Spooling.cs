using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Spooling;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// Request bodies that are too large for memory: read to their end into a file, then sent from there, as often as the retry rules want. The
/// backend learns their length, also when the client sent chunks (nginx: proxy_request_buffering on).
/// </summary>
internal sealed partial class Forwarder
{
    private BodySpool? _spool;
    private long _spoolPosition;

    /// <summary>Bytes of a body that was taken in, in memory or on disk.</summary>
    private long BodyLength => _spool?.Length ?? _bodyCount;

    /// <summary>Whether the pump has read the whole body.</summary>
    private bool IsBodyRead => _spool is null ? _exchange.RequestBodyComplete : _spoolPosition == _spool.Length;

    /// <summary>Moves what is in memory, and what the client has still to send, to disk.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> SpoolBodyAsync()
    {
        var spool = _spool = services.Spool.Begin(services.Shard);
        while (true)
        {
            var written = await spool.AppendAsync(_body!, BodyRoom.Before, _bodyCount);
            if (written != _bodyCount)
            {
                return written == SpoolStatus.Full ? AnswerReason.SpoolFull : AnswerReason.SpoolFailed;
            }

            _bodyCount = 0;
            if (_exchange.RequestBodyComplete)
            {
                _bodyTakenIn = true;
                return AnswerReason.None;
            }

            var read = await _exchange.ReadBodyAsync(_body!, BodyRoom.Before, _body!.Length - BodyRoom.Before - BodyRoom.After);
            if (read < 0)
            {
                return NoteClientFault(read);
            }

            _bodyCount = read;
        }
    }

    /// <summary>The next piece for the backend, from the client or from disk.</summary>
    /// <returns>Its length; zero at the end; negative when the pump has failed.</returns>
    private ValueTask<int> ReadPieceAsync()
    {
        var room = _body!.Length - BodyRoom.Before - BodyRoom.After;
        return _spool is null ? ReadFromClientAsync(room) : ReadFromSpoolAsync(room);
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFromClientAsync(int room)
    {
        // While there is room the body is kept from its beginning: a stream that a backend refuses goes elsewhere with it.
        var keeps = _protocol.IsHttp2() && !_beginningGone && room - _bodyCount >= LeastRoom;
        var kept = keeps ? _bodyCount : 0;
        _pieceStart = BodyRoom.Before + kept;
        var read = await ReadRequestAsync(_body!, _pieceStart, room - kept);
        if (read < 0)
        {
            return FailPump(NoteClientFault(read));
        }

        _bodyCount = keeps ? _bodyCount + read : _bodyCount;
        _beginningGone |= !keeps && read > 0;
        return read;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFromSpoolAsync(int room)
    {
        _pieceStart = BodyRoom.Before;
        var read = await _spool!.ReadAsync(_spoolPosition, _body!, _pieceStart, room);
        if (read <= 0)
        {
            return FailPump(AnswerReason.SpoolFailed);
        }

        _spoolPosition += read;
        return read;
    }

    private void ReleaseSpool()
    {
        // After a programming error the pump may still read from it: the descriptor is left to the end of the process then.
        if (_spool is not null && !IsPumping)
        {
            _spool.Close();
        }

        _spool = null;
    }
}
