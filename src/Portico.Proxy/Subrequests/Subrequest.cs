using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Subrequests;

/// <summary>How a request of the gateway's own ended.</summary>
internal enum SubrequestStatus : byte
{
    /// <summary>There is a response head.</summary>
    Answered,

    /// <summary>The name has no address, or the Service no endpoint.</summary>
    NoEndpoint,

    ConnectFailed,
    TimedOut,

    /// <summary>The connection broke before the head was complete.</summary>
    Broken,

    /// <summary>No HTTP response, or a head that does not fit.</summary>
    BadResponse,
}

/// <summary>
/// A request that the gateway makes itself, to an authentication service or a mirror. The steps are: <see cref="Begin"/>, headers by
/// <see cref="Add"/>, <see cref="SendAsync"/>, a look at <see cref="Response"/>, <see cref="EndAsync"/>. Owned by its shard, rented from
/// <see cref="ShardServices"/>, used on the shard's thread only, by one exchange at a time.
/// <para>
/// Failures are tried again as nginx does by default: at another endpoint, at most three times, and what was sent only when the method
/// is idempotent. A kept connection that turns out to be closed is replaced without counting.
/// </para>
/// </summary>
internal sealed class Subrequest(ShardServices services) : IHeaderWriter
{
    private const int MostTries = 3;

    /// <summary>A body is read to its end so that its connection can be kept; a longer one costs the connection.</summary>
    private const int LargestReadBody = 64 * 1024;

    private readonly List<EndpointState> _tried = [];
    private OutputBuffer _head;
    private SubrequestConnection? _connection;
    private SubrequestDestination _destination = null!;
    private byte[]? _body;
    private int _bodyStart;
    private int _bodyCount;
    private bool _repeatable;
    private bool _toHead;

    /// <summary>A place to put the target together before <see cref="Begin"/>.</summary>
    public ByteBuilder Target { get; } = new();

    /// <summary>After <see cref="SubrequestStatus.Answered"/>, until <see cref="EndAsync"/>.</summary>
    public ResponseHead Response => _connection!.Http.Response;

    /// <summary>The endpoint that was tried last, as <c>address:port</c>; empty when there was none.</summary>
    public byte[] LastEndpoint => _tried.Count > 0 ? _tried[^1].SharedText : [];

    /// <summary>Starts the request line and the head.</summary>
    /// <param name="target">Path and query, fit for a request line.</param>
    public void Begin(SubrequestDestination destination, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        _destination = destination;
        _body = null;
        _bodyCount = 0;
        _toHead = method.SequenceEqual("HEAD"u8);
        _repeatable = !method.SequenceEqual("POST"u8) && !method.SequenceEqual("PATCH"u8) && !method.SequenceEqual("LOCK"u8);
        _head.Open(services.Shard.Buffers);
        _head.Clear();
        _head.Append(method);
        _head.Append(" "u8);
        _head.Append(target);
        _head.Append(destination.Http10 ? " HTTP/1.0\r\n"u8 : " HTTP/1.1\r\n"u8);
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _head.AppendHeader(name, value);

    /// <summary>Gives the request a body and announces its length. The bytes must stay untouched until <see cref="SendAsync"/> has ended.</summary>
    public void SetBody(byte[] body, int start, int count)
    {
        (_body, _bodyStart, _bodyCount) = (body, start, count);
        _head.Append("Content-Length: "u8);
        _head.AppendDecimal(count);
        _head.Append("\r\n"u8);
    }

    /// <summary>Sends the request and reads the head of its answer.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<SubrequestStatus> SendAsync()
    {
        _head.Append(_destination.KeepAlive is null ? "Connection: close\r\n\r\n"u8 : "\r\n"u8);
        _tried.Clear();
        var status = SubrequestStatus.NoEndpoint;
        while (_tried.Count < MostTries && Pick() is { } endpoint)
        {
            status = await TryAsync(endpoint);
            var mayRepeat = status == SubrequestStatus.ConnectFailed || (_repeatable && status is SubrequestStatus.Broken or SubrequestStatus.TimedOut);
            if (!mayRepeat || _tried.Count >= _destination.Backend.Current.Endpoints.Length)
            {
                break;
            }
        }

        _head.Close();
        return status;
    }

    /// <summary>Lets the connection go: kept when the destination wants it and the body was short, else closed.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<bool> EndAsync()
    {
        _head.Close();
        if (_connection is not { } connection)
        {
            return true;
        }

        _connection = null;
        if (_destination.KeepAlive is null)
        {
            connection.Close();
            return true;
        }

        while (!connection.Http.BodyDone && connection.Http.BodyBytes < LargestReadBody)
        {
            if (await connection.Http.ReadBodyAsync(_destination.ReadTimeout) < 0)
            {
                break;
            }
        }

        services.Subrequests.Return(connection, _destination.KeepAlive);
        return true;
    }

    private EndpointState? Pick()
    {
        var request = new BalanceRequest(services.Shard.NowMilliseconds, default);
        var endpoint = _destination.Backend.Balancer(services.Shard.Index).Pick(in request, CollectionsMarshal.AsSpan(_tried));
        if (endpoint is not null)
        {
            _tried.Add(endpoint);
        }

        return endpoint;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<SubrequestStatus> TryAsync(EndpointState endpoint)
    {
        if (_destination.KeepAlive is not null && services.Subrequests.Take(endpoint, _destination) is { } kept)
        {
            var status = await ExchangeAsync(kept);
            if (status != SubrequestStatus.Broken || kept.Http.AnyByteReceived || !_repeatable)
            {
                return status;
            }
        }

        var opened = await OpenAsync(endpoint);
        return opened.Connection is null ? opened.Status : await ExchangeAsync(opened.Connection);
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<(SubrequestConnection? Connection, SubrequestStatus Status)> OpenAsync(EndpointState endpoint)
    {
        var opened = await Connection.ConnectAsync(services.Shard, endpoint.SharedSockAddr, _destination.ConnectTimeout);
        if (opened.Connection is not { } connection)
        {
            return (null, SubrequestStatus.ConnectFailed);
        }

        if (_destination.Tls)
        {
            var session = connection.ConnectTls(services.UpstreamTls.Context, _destination.ServerName);
            if (await connection.HandshakeAsync(session, _destination.ConnectTimeout) != TlsStatus.Done)
            {
                connection.Close();
                return (null, SubrequestStatus.ConnectFailed);
            }
        }

        return (new SubrequestConnection(services.Subrequests, connection, endpoint, _destination.Tls, _destination.ServerName), SubrequestStatus.Answered);
    }

    /// <summary>One request and the head of its answer on one connection, which is closed unless there is an answer.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<SubrequestStatus> ExchangeAsync(SubrequestConnection connection)
    {
        var http = connection.Http;
        var sent = await http.Connection.WriteAsync(_head.Array, 0, _head.Count, _destination.SendTimeout);
        if (sent >= 0 && _bodyCount > 0)
        {
            sent = await http.Connection.WriteAsync(_body!, _bodyStart, _bodyCount, _destination.SendTimeout);
        }

        // Who answered before it closed has answered.
        var head = sent >= 0 || http.Connection.HasInput
            ? await http.ReadHeadAsync(_toHead, _destination.HeadBufferBytes, _destination.ReadTimeout)
            : HeadStatus.Closed;
        if (head == HeadStatus.Done && http.Response.Status != 101)
        {
            _connection = connection;
            return SubrequestStatus.Answered;
        }

        connection.Close();
        return head switch
        {
            HeadStatus.TimedOut => SubrequestStatus.TimedOut,
            HeadStatus.Closed => sent == IoStatus.TimedOut ? SubrequestStatus.TimedOut : SubrequestStatus.Broken,
            _ => SubrequestStatus.BadResponse,
        };
    }
}
