using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// gRPC-Web on one side, gRPC on the other: the types of request and response change, text goes through base64, and the trailers of the
/// response become the last frame of its body. Messages themselves are the same on both sides and are never looked at.
/// </summary>
internal sealed partial class Forwarder
{
    /// <summary>The form of the request; that of the response is <see cref="Requests.RequestContext.GrpcWeb"/>.</summary>
    private GrpcWebForm _webRequest;

    private GrpcWebTextDecoder _webDecoder;

    /// <summary>Base64 needs some room to work in: less is not worth a read.</summary>
    private int LeastRoom => _webRequest == GrpcWebForm.Text ? 64 : 1;

    private void BeginGrpcWeb()
    {
        _webRequest = _protocol.IsHttp2() ? GrpcWebForms.Of(_context) : GrpcWebForm.None;
        _webDecoder = default;
        _context.GrpcWeb = _webRequest == GrpcWebForm.None ? GrpcWebForm.None : GrpcWebForms.OfAnswer(_context, _webRequest);
    }

    /// <summary>Reads the request body as the backend is to get it.</summary>
    private ValueTask<int> ReadRequestAsync(byte[] buffer, int offset, int count) =>
        _webRequest == GrpcWebForm.Text ? ReadTextAsync(buffer, offset, count) : _exchange.ReadBodyAsync(buffer, offset, count);

    /// <summary>The text is decoded where it was read; an end within a quantum is no end.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> ReadTextAsync(byte[] buffer, int offset, int count)
    {
        while (true)
        {
            var read = await _exchange.ReadBodyAsync(buffer, offset + GrpcWebTextDecoder.MostHeld, count - GrpcWebTextDecoder.MostHeld);
            if (read < 0)
            {
                return read;
            }

            var decoded = _webDecoder.Decode(buffer.AsSpan(offset + GrpcWebTextDecoder.MostHeld, read), buffer.AsSpan(offset, count));
            if (decoded < 0 || (_exchange.RequestBodyComplete && !_webDecoder.IsWhole))
            {
                return ExchangeStatus.BadBody;
            }

            if (decoded > 0 || read == 0 || _exchange.RequestBodyComplete)
            {
                return decoded;
            }
        }
    }

    /// <summary>Only an answer of gRPC is translated; what else the backend says passes as it is.</summary>
    private void ChooseWebAnswer(ResponseHead response)
    {
        if (_context.GrpcWeb != GrpcWebForm.None
            && !(response.Headers.TryGet(HeaderId.ContentType, out var type) && GrpcRequest.IsGrpcType(type)))
        {
            _context.GrpcWeb = GrpcWebForm.None;
        }
    }

    /// <summary>The last frame: the trailers, or the status that stood in the head of an answer without messages.</summary>
    private ValueTask<int> SendWebTrailersAsync(HeaderBlock? trailers)
    {
        var frame = services.WebTrailers;
        frame.Clear();
        if (trailers is null)
        {
            frame.AddStatusOf(_upstream!.Response.Headers);
        }
        else
        {
            frame.AddAll(trailers);
        }

        return SendFrameAsync();
    }

    private ValueTask<int> SendLateWebTrailersAsync()
    {
        var frame = services.WebTrailers;
        frame.Clear();
        frame.Add("grpc-status"u8, GrpcStatus.DeadlineExceeded);
        frame.Add("grpc-message"u8, GrpcStatus.DeadlineExceededMessage);
        return SendFrameAsync();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SendFrameAsync()
    {
        // The frame is the shard's: it is copied before anything is waited for.
        var frame = services.WebTrailers;
        var length = frame.LengthIn(_context.GrpcWeb);
        var buffer = services.Shard.Buffers.Rent(length + BodyRoom.Before + BodyRoom.After);
        frame.CopyTo(buffer.AsSpan(BodyRoom.Before, length), _context.GrpcWeb);
        var status = await _exchange.WriteBodyAsync(buffer, BodyRoom.Before, length, last: true);
        services.Shard.Buffers.Return(buffer);
        return status;
    }

    /// <summary>A piece in base64. Each piece is whole for itself, with padding: clients decode what they have.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> WriteTextAsync(byte[] piece, int offset, int count)
    {
        var output = services.Shard.Buffers.Rent(BufferPool.MediumSize);
        var most = (output.Length - BodyRoom.Before - BodyRoom.After) / 4 * 3;
        var status = 1;
        while (count > 0 && status >= 0)
        {
            var taken = Math.Min(most, count);
            Base64.EncodeToUtf8(piece.AsSpan(offset, taken), output.AsSpan(BodyRoom.Before), out _, out var written);
            status = await DeliverAsync(output, BodyRoom.Before, written, last: false);
            offset += taken;
            count -= taken;
        }

        services.Shard.Buffers.Return(output);
        return status;
    }
}
