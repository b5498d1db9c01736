using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Grpc;
using Portico.Proxy.Headers;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    /// <summary>Belong to the backend's connection, or say what only the gateway says.</summary>
    private static readonly HeaderIdSet NotOfInterims = HeaderIdSet.Of(
        HeaderId.Connection, HeaderId.KeepAlive, HeaderId.TransferEncoding, HeaderId.ContentLength, HeaderId.Upgrade, HeaderId.Trailer,
        HeaderId.Server, HeaderId.Date);

    /// <summary>Passes the response on as it comes: a slow client makes the backend wait.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> RespondAsync()
    {
        var upstream = _upstream!;
        WriteResponseHead(upstream.Response);
        if (upstream.Response.Status == 101)
        {
            return await SwitchProtocolsAsync();
        }

        LeaveZoneAtEnd(upstream);
        BeginPacing(upstream.Response);
        var delivered = IsReadAhead(upstream.Response) ? await PassBufferedBodyAsync(upstream) : await PassBodyAsync(upstream);
        if (_upstream is not null)
        {
            NoteAttemptEnd(upstream);
        }

        if (delivered)
        {
            await PassTrailersAsync(_upstream?.Trailers);
            await _exchange.FinishAsync();
        }
        else if (_deadlinePassed && !_exchange.IsClientGone)
        {
            await FinishLateCallAsync();
            await _exchange.FinishAsync();
        }
        else
        {
            _exchange.Abort();
        }

        await SettlePumpAsync();
        return AnswerReason.None;
    }

    private void WriteResponseHead(ResponseHead response)
    {
        ChooseWebAnswer(response);
        var translated = _context.GrpcWeb != GrpcWebForm.None;
        _context.UpstreamHeaders = response.Headers;
        _context.Status = response.Status;
        var announced = !translated && response.Headers.Has(HeaderId.ContentLength) && response.Framing is not (BodyFraming.Chunked or BodyFraming.UntilClose);
        _context.Compression = ChooseCompression(response, announced ? response.ContentLength : null);
        _exchange.StartResponse(response.Status);
        _context.ResponseHeaders.WriteUpstreamResponse(_context, response.Headers, response.Status, services.Date(), _exchange);
        _exchange.EndHeaders(announced && !_context.Compression.Compresses ? response.ContentLength : null, translated || response.Framing != BodyFraming.None);
    }

    /// <returns>Whether the client got the whole body.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PassBodyAsync(UpstreamExchange upstream)
    {
        while (!upstream.BodyDone)
        {
            var reading = upstream.ReadBodyAsync(ReadTimeout);
            var flushed = true;
            if (!reading.IsCompleted)
            {
                // The backend pauses: what is held back goes out first.
                flushed = await FlushPiecesAsync() >= 0;
                if (!flushed)
                {
                    upstream.Abort();
                }
            }

            var count = await reading;
            if (count < 0 || !flushed)
            {
                return false;
            }

            LeaveZoneAtEnd(upstream);
            if (count > 0 && await WritePieceAsync(upstream.Piece, upstream.PieceStart, count, IsLastPiece(upstream)) < 0)
            {
                return false;
            }
        }

        return await EndPiecesAsync() >= 0;
    }

    /// <summary>
    /// A client that has its whole answer may ask again at once, on another connection and another shard: the request must not count as
    /// one in progress by then, so it stops counting before its last bytes go out.
    /// </summary>
    private void LeaveZoneAtEnd(UpstreamExchange upstream)
    {
        if (upstream.BodyDone)
        {
            _context.LeaveConnectionZone();
        }
    }

    private bool IsLastPiece(UpstreamExchange upstream) => upstream.BodyDone && upstream.Trailers is null && _context.GrpcWeb == GrpcWebForm.None;

    private ValueTask<int> PassTrailersAsync(HeaderBlock? trailers)
    {
        if (_context.GrpcWeb != GrpcWebForm.None)
        {
            return SendWebTrailersAsync(trailers);
        }

        if (trailers is not null)
        {
            PassTrailers(trailers);
        }

        return new ValueTask<int>(1);
    }

    private void PassTrailers(HeaderBlock trailers)
    {
        foreach (ref readonly var field in trailers.Fields)
        {
            var name = trailers.Name(in field);
            if ((_isGrpc && _exchange.Request.Version == HttpVersion.Http2) || _context.ResponseHeaders.PassesTrailer(field.Id, name))
            {
                _exchange.AddTrailer(name, trailers.Value(in field));
            }
        }
    }

    /// <summary>Passes an interim response (103, say) on; the client's version decides whether it is sent.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AttemptFailure> PassInterimAsync()
    {
        WriteInterim(_upstream!.Response);
        return await _exchange.SendInterimAsync() >= 0 ? AttemptFailure.None : AttemptFailure.Client;
    }

    private void WriteInterim(ResponseHead response)
    {
        _exchange.StartInterim(response.Status);
        foreach (ref readonly var field in response.Headers.Fields)
        {
            if (!NotOfInterims.Contains(field.Id))
            {
                _exchange.Add(response.Headers.Name(in field), response.Headers.Value(in field));
            }
        }
    }

    private void NoteAttemptEnd(UpstreamExchange upstream)
    {
        ref var attempt = ref _context.CurrentAttempt;
        attempt.ResponseMicroseconds = new RunningAttempt(_backend, upstream.Endpoint, _attemptStartedTicks).End(services.Shard);
        attempt.ResponseLength = upstream.BodyBytes;
    }
}
