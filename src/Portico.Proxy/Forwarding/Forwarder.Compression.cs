using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Compression;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// The body of a response on its way through an encoder: pieces in, pieces out, flushed when the backend pauses. Without an encoder pieces go
/// straight to the client.
/// </summary>
internal sealed partial class Forwarder
{
    private ContentEncoder? _encoder;

    /// <summary>Whether the encoder holds bytes that the client has not got.</summary>
    private bool _encoderHolds;

    /// <summary>Decides about the response in hand, and gets the encoder that its body goes through.</summary>
    private CompressionChoice ChooseCompression(ResponseHead response, long? length)
    {
        var toHead = _context.Head.Method == HttpMethod.Head;
        if (_context.Settings.Compression is not { } plan || (response.Framing == BodyFraming.None && !toHead) || _context.GrpcWeb != GrpcWebForm.None)
        {
            return default;
        }

        var choice = plan.Choose(_context, response.Status, response.Headers, length);
        if (toHead)
        {
            // The headers are those that a GET would get (RFC 9110, 9.3.2).
            return choice;
        }

        if (choice.Compresses)
        {
            _encoder = services.Encoders.Rent(in choice);
            _encoderHolds = false;
        }

        // Without memory for an encoder the response goes out as it is.
        return choice.Compresses && _encoder is null ? CompressionChoice.VaryOnly : choice;
    }

    private ValueTask<int> WritePieceAsync(byte[] buffer, int offset, int count, bool last) =>
        _context.GrpcWeb == GrpcWebForm.Text ? WriteTextAsync(buffer, offset, count)
            : _encoder is null ? DeliverAsync(buffer, offset, count, last) : EncodeAsync(buffer, offset, count, EncodeStep.Continue);

    /// <summary>The body pauses: what is held back goes out first.</summary>
    private ValueTask<int> FlushPiecesAsync() =>
        _encoder is not null && _encoderHolds ? EncodeAsync([], 0, 0, EncodeStep.Flush) : _exchange.FlushAsync();

    /// <summary>The body has ended.</summary>
    private ValueTask<int> EndPiecesAsync() => _encoder is null ? new ValueTask<int>(1) : EncodeAsync([], 0, 0, EncodeStep.End);

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> EncodeAsync(byte[] input, int offset, int count, EncodeStep step)
    {
        _encoderHolds = step == EncodeStep.Continue;
        var output = services.Shard.Buffers.Rent(BufferPool.MediumSize);
        var room = output.Length - BodyRoom.Before - BodyRoom.After;
        var status = 1;
        var complete = false;
        while (!complete && status >= 0)
        {
            complete = _encoder!.Encode(input.AsSpan(offset, count), output.AsSpan(BodyRoom.Before, room), step, out var consumed, out var written);
            offset += consumed;
            count -= consumed;
            if (written > 0)
            {
                status = await DeliverAsync(output, BodyRoom.Before, written, last: complete && step == EncodeStep.End && _upstream?.Trailers is null);
            }
        }

        services.Shard.Buffers.Return(output);
        return status < 0 || step != EncodeStep.Flush ? status : await _exchange.FlushAsync();
    }

    private void EndCompression()
    {
        if (_encoder is { } encoder)
        {
            _encoder = null;
            services.Encoders.Return(encoder);
        }
    }
}
