using System.Diagnostics;
using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    /// <summary>Passes the response on as it comes: a slow client makes the backend wait.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> RespondAsync()
    {
        var http = _upstream!.Http;
        WriteResponseHead(http.Response);
        if (http.Response.Status == 101)
        {
            return await TunnelAsync();
        }

        var delivered = await PassBodyAsync(http);
        NoteAttemptEnd(http);
        if (delivered)
        {
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
        _context.UpstreamHeaders = response.Headers;
        _context.Status = response.Status;
        var announced = response.Headers.Has(HeaderId.ContentLength) && response.Framing is not (BodyFraming.Chunked or BodyFraming.UntilClose);
        _context.Compression = ChooseCompression(response, announced ? response.ContentLength : null);
        _exchange.StartResponse(response.Status);
        _context.ResponseHeaders.WriteUpstreamResponse(_context, response.Headers, response.Status, services.Date(), _exchange);
        _exchange.EndHeaders(announced && _encoder is null ? response.ContentLength : null, response.Framing != BodyFraming.None);
    }

    /// <returns>Whether the client got the whole body.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PassBodyAsync(Http1ClientConnection http)
    {
        while (!http.BodyDone)
        {
            var reading = http.ReadBodyAsync(ReadTimeout);
            var flushed = true;
            if (!reading.IsCompleted)
            {
                // The backend pauses: what is held back goes out first.
                flushed = await FlushPiecesAsync() >= 0;
                if (!flushed)
                {
                    http.Connection.Abort();
                }
            }

            var count = await reading;
            if (count < 0 || !flushed)
            {
                return false;
            }

            if (count > 0 && await WritePieceAsync(http.Buffer, http.PieceStart, count, http.BodyDone) < 0)
            {
                return false;
            }
        }

        return await EndPiecesAsync() >= 0;
    }

    private void NoteAttemptEnd(Http1ClientConnection http)
    {
        ref var attempt = ref _context.CurrentAttempt;
        attempt.ResponseMicroseconds = MicrosecondsSinceAttempt();
        attempt.ResponseLength = http.BodyBytes;
        Balancer.Report(
            _upstream!.Endpoint, Stopwatch.GetElapsedTime(_attemptStartedTicks, services.Shard.NowTicks), services.Shard.NowMilliseconds);
    }
}
