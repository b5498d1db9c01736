using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>Exchanges over an HTTP/1 connection, one after the other: made with the connection and as old as it.</summary>
internal sealed class Http1UpstreamExchange(UpstreamPool pool, UpstreamConnection upstream) : UpstreamExchange
{
    private readonly Http1ClientConnection _http = upstream.Http;
    private OutputBuffer _head;
    private bool _chunked;

    /// <summary>
    /// Only of a request that flows through: a body that is held back goes with its length, as nginx sends it, and trailers come with chunks alone.
    /// </summary>
    private bool _takesTrailers;

    /// <summary>What the route says in Connection; null for what the gateway would say.</summary>
    private string? _connectionHeader;

    public override EndpointState Endpoint => upstream.Endpoint;

    public override bool IsReused => upstream.IsReused;

    public override bool IsStale => IsReused && !AnyByteReceived;

    /// <summary>The head is written in one piece: when that fails on a connection that was idle, the endpoint had closed it before.</summary>
    public override bool NothingTaken => IsReused;

    public override bool AnyByteReceived => _http.AnyByteReceived;

    public override bool MayHaveAnswered => _http.Connection.HasInput;

    public override bool TakesTrailers => _takesTrailers;

    public override ResponseHead Response => _http.Response;

    public override HeaderBlock? Trailers => _http.Trailers;

    public override long BodyBytes => _http.BodyBytes;

    public override bool BodyDone => _http.BodyDone;

    public override byte[] Piece => _http.Buffer;

    public override int PieceStart => _http.PieceStart;

    public override void StartRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, UpstreamPolicy policy)
    {
        _connectionHeader = policy.ConnectionHeader;
        _takesTrailers = policy is { RequestBuffering: false, Http10: false };
        _head.Open(_http.Connection.Shard.Buffers);
        _head.Clear();
        _head.Append(method);
        _head.Append(" "u8);
        _head.Append(target);
        _head.Append(policy.Http10 ? " HTTP/1.0\r\n"u8 : " HTTP/1.1\r\n"u8);
    }

    public override void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _head.AppendHeader(name, value);

    public override ValueTask<int> SendHeadAsync(RequestHead request, long? length, byte[]? body, int count, bool whole, TimeSpan timeout)
    {
        EndHead(request, length, whole);
        if (whole && count > 0 && count <= _head.Room)
        {
            _head.Append(body.AsSpan(BodyRoom.Before, count));
            count = 0;
        }

        return count > 0 && whole ? SendBothAsync(body!, count, timeout) : _http.Connection.WriteAsync(_head.Array, 0, _head.Count, timeout);
    }

    public override ValueTask<int> WriteBodyAsync(byte[] buffer, int start, int count, TimeSpan timeout)
    {
        if (_chunked)
        {
            (start, count) = ChunkedEncoding.Wrap(buffer, start, count, last: false);
        }

        return _http.Connection.WriteAsync(buffer, start, count, timeout);
    }

    public override ValueTask<int> FinishRequestAsync(HeaderBlock? trailers, TimeSpan timeout)
    {
        if (!_chunked)
        {
            return new ValueTask<int>(1);
        }

        _head.Clear();
        _head.Append("0\r\n"u8);
        if (trailers is not null && _takesTrailers)
        {
            AppendTrailers(trailers);
        }

        _head.Append("\r\n"u8);
        return _http.Connection.WriteAsync(_head.Array, 0, _head.Count, timeout);
    }

    public override ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout) =>
        _http.ReadAnyHeadAsync(toHeadRequest, largestHead, timeout);

    public override ValueTask<int> ReadBodyAsync(TimeSpan timeout) => _http.ReadBodyAsync(timeout);

    public override void LimitPendingRead(TimeSpan timeout) => _http.Connection.LimitPendingRead(timeout);

    public override void CancelRead() => _http.Connection.CancelRead();

    public override void Abort() => _http.Connection.Abort();

    public override void Release(bool requestComplete)
    {
        _head.Close();
        if (requestComplete && _connectionHeader != "close")
        {
            pool.Return(upstream);
        }
        else
        {
            upstream.Close();
        }
    }

    public override ReadOnlySpan<byte> TakeTunnelBytes() => _http.TakeTunnelBytes();

    public override Connection TakeConnection()
    {
        _http.ReleaseBuffer();
        _head.Close();
        return _http.Connection;
    }

    private void AppendTrailers(HeaderBlock trailers)
    {
        foreach (ref readonly var field in trailers.Fields)
        {
            _head.AppendHeader(trailers.Name(in field), trailers.Value(in field));
        }
    }

    private void EndHead(RequestHead request, long? length, bool whole)
    {
        // A chunked body stays one when it is here already and trailers are to follow it.
        _chunked = !whole && (length is null || (_takesTrailers && request.Framing == BodyFraming.Chunked));
        if (length is { } known && !_chunked)
        {
            _head.Append("Content-Length: "u8);
            _head.AppendDecimal(known);
            _head.Append("\r\n"u8);
        }
        else if (_chunked)
        {
            _head.Append("Transfer-Encoding: chunked\r\n"u8);
        }

        if (request.WantsUpgrade)
        {
            request.Headers.TryGet(HeaderId.Upgrade, out var upgrade);
            _head.AppendHeader("Upgrade"u8, upgrade);
        }

        _head.Append(ConnectionLine(request.WantsUpgrade));
    }

    /// <summary>The last line of the head, where there is one, and the head's end.</summary>
    private ReadOnlySpan<byte> ConnectionLine(bool upgrades) => _connectionHeader switch
    {
        "close" => "Connection: close\r\n\r\n"u8,
        not null => "Connection: keep-alive\r\n\r\n"u8,
        null when upgrades => "Connection: upgrade\r\n\r\n"u8,
        null => pool.Settings.Connections == 0 ? "Connection: close\r\n\r\n"u8 : "\r\n"u8,
    };

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SendBothAsync(byte[] body, int count, TimeSpan timeout)
    {
        var sent = await _http.Connection.WriteAsync(_head.Array, 0, _head.Count, timeout);
        return sent < 0 ? sent : await _http.Connection.WriteAsync(body, BodyRoom.Before, count, timeout);
    }
}
