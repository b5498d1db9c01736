using System.Buffers.Text;
using System.Text;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Http2;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>An exchange on a stream of a shared HTTP/2 connection. Reused by later exchanges of the shard.</summary>
internal sealed class Http2UpstreamExchange(Http2UpstreamPool pool) : UpstreamExchange
{
    private static readonly ResponseHead NoResponse = new();

    private Http2ClientConnection _connection = null!;
    private Http2ClientStream? _stream;
    private EndpointState _endpoint = null!;
    private bool _isSecure;
    private bool _isReused;
    private bool _isPrivate;
    private int _largestHead;

    public override EndpointState Endpoint => _endpoint;

    public override bool IsReused => _isReused;

    /// <summary>A stream that is reset on a connection which lives is the endpoint's answer.</summary>
    public override bool IsStale => _isReused && !AnyByteReceived && _connection.IsGoingAway;

    public override bool NothingTaken => _stream is null or { Failure: Http2StreamFailure.Refused };

    public override bool AnyByteReceived => _stream is { AnyByteReceived: true };

    public override bool MayHaveAnswered => _stream is { AnyByteReceived: true };

    public override bool TakesTrailers => true;

    public override ResponseHead Response => _stream?.Response ?? NoResponse;

    public override HeaderBlock? Trailers => _stream?.Trailers;

    public override long BodyBytes => _stream?.BodyBytes ?? 0;

    public override bool BodyDone => _stream is { BodyDone: true };

    public override byte[] Piece => _stream!.Piece;

    public override int PieceStart => BodyRoom.Before;

    /// <param name="isPrivate">Whether the connection ends with this exchange.</param>
    public void Begin(Http2ClientConnection connection, EndpointState endpoint, bool isSecure, int largestHead, bool isPrivate)
    {
        _connection = connection;
        _endpoint = endpoint;
        _isSecure = isSecure;
        _isReused = connection.RequestCount > 0;
        _largestHead = largestHead;
        _isPrivate = isPrivate;
    }

    public override void StartRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, UpstreamPolicy policy)
    {
        var fields = _connection.Fields;
        fields.Clear();
        fields.Add(":method"u8, method);
        fields.Add(":scheme"u8, _isSecure ? "https"u8 : "http"u8);
        fields.Add(":path"u8, target);
    }

    /// <summary>Host becomes :authority, which stands before the fields because Host comes first.</summary>
    public override void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var isHost = name.Length == 4 && Ascii.EqualsIgnoreCase(name, "Host"u8);
        _connection.Fields.Add(isHost ? ":authority"u8 : name, value);
    }

    public override ValueTask<int> SendHeadAsync(RequestHead request, long? length, byte[]? body, int count, bool whole, TimeSpan timeout)
    {
        var fields = _connection.Fields;
        // Trailers are taken here, and gRPC servers want to know that nobody on the way drops them.
        fields.Add("te"u8, "trailers"u8);
        if (length is { } known)
        {
            Span<byte> digits = stackalloc byte[20];
            _ = Utf8Formatter.TryFormat(known, digits, out var written);
            fields.Add("content-length"u8, digits[..written]);
        }

        _stream = whole
            ? _connection.Open(_largestHead, body, BodyRoom.Before, count, last: true, timeout)
            : _connection.Open(_largestHead, null, 0, 0, last: false, timeout);
        return _stream?.FlushBodyAsync(timeout) ?? new ValueTask<int>(IoStatus.Reset);
    }

    public override ValueTask<int> WriteBodyAsync(byte[] buffer, int start, int count, TimeSpan timeout) =>
        _stream!.WriteAsync(buffer, start, count, last: false, trailers: null, timeout);

    public override ValueTask<int> FinishRequestAsync(HeaderBlock? trailers, TimeSpan timeout) =>
        _stream!.WriteAsync([], 0, 0, last: true, trailers, timeout);

    public override ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout) =>
        _stream!.ReadHeadAsync(timeout);

    public override ValueTask<int> ReadBodyAsync(TimeSpan timeout) => _stream!.ReadBodyAsync(timeout);

    public override void LimitPendingRead(TimeSpan timeout) => _stream?.LimitPendingRead(timeout);

    public override void CancelRead() => _stream?.CancelRead();

    public override void Abort() => _stream?.Abort(Http2ErrorCode.Cancel);

    public override void Release(bool requestComplete)
    {
        var stream = _stream;
        _stream = null;
        stream?.Release();
        if (_isPrivate)
        {
            _connection.Retire();
        }

        pool.Return(this);
    }

    public override ReadOnlySpan<byte> TakeTunnelBytes() => default;

    public override Connection TakeConnection() => throw new InvalidOperationException("HTTP/2 has no 101 (RFC 9113, 8.6)");
}
