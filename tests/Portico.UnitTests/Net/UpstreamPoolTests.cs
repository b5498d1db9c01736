using System.Net.Sockets;
using Portico.Http.Http1;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.Proxy.Upstream;
using Portico.TestKit.Wire;
using Portico.UnitTests.Tls;
using Xunit;

namespace Portico.UnitTests.Net;

public class UpstreamPoolTests : IAsyncLifetime
{
    private readonly ShardThread _shard = new();
    private readonly EndpointState _endpoint = EndpointNamed("127.0.0.1:1");
    private readonly EndpointState _other = EndpointNamed("127.0.0.1:2");
    private UpstreamPool _pool = null!;

    public async ValueTask InitializeAsync() => _pool = await _shard.InvokeAsync(() => new UpstreamPool(_shard.Shard));

    public async ValueTask DisposeAsync()
    {
        await _shard.DisposeAsync();
        Assert.Empty(_shard.Defects);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_returned_connection_is_given_to_the_next_request_of_its_endpoint_and_protocol()
    {
        var (connection, _) = await UsedAsync(_endpoint);
        await DoAsync(() => _pool.Return(connection));
        Assert.False(connection.IsReused);
        Assert.Null(await TakeAsync(_other));
        Assert.Null(await _shard.InvokeAsync(() => _pool.Take(_endpoint, UpstreamProtocol.Https)));
        Assert.Same(connection, await TakeAsync(_endpoint));
        Assert.True(connection.IsReused);
        Assert.Null(await TakeAsync(_endpoint));
        Assert.Equal(0, await IdleAsync());
    }

    [Fact]
    public async Task A_connection_made_with_some_TLS_settings_is_never_used_with_others()
    {
        var (one, two) = (new UpstreamTls(TlsPair.ClientContext()), new UpstreamTls(TlsPair.ClientContext()));
        var (opened, peer) = await _shard.ConnectAsync();
        var connection = await _shard.InvokeAsync(() => new UpstreamConnection(_pool, opened, _endpoint, UpstreamProtocol.Https, one));
        await RespondAsync(connection, peer);
        await DoAsync(() => _pool.Return(connection));
        Assert.Null(await _shard.InvokeAsync(() => _pool.Take(_endpoint, UpstreamProtocol.Https, two)));
        Assert.Null(await _shard.InvokeAsync(() => _pool.Take(_endpoint, UpstreamProtocol.Https)));
        Assert.Same(connection, await _shard.InvokeAsync(() => _pool.Take(_endpoint, UpstreamProtocol.Https, one)));
    }

    [Fact]
    public async Task Sessions_are_remembered_by_endpoint_and_TLS_settings()
    {
        var (one, two) = (new UpstreamTls(TlsPair.ClientContext()), new UpstreamTls(TlsPair.ClientContext()));
        var session = await _shard.InvokeAsync(() => _pool.SessionWith(_endpoint, one));
        Assert.Same(session, await _shard.InvokeAsync(() => _pool.SessionWith(_endpoint, one)));
        Assert.NotSame(session, await _shard.InvokeAsync(() => _pool.SessionWith(_endpoint, two)));
        Assert.NotSame(session, await _shard.InvokeAsync(() => _pool.SessionWith(_other, one)));
    }

    [Fact]
    public async Task The_newest_connection_is_used_first()
    {
        var (first, second, third) = (await ReturnedAsync(_endpoint), await ReturnedAsync(_endpoint), await ReturnedAsync(_endpoint));
        Assert.Same(third, await TakeAsync(_endpoint));
        Assert.Same(second, await TakeAsync(_endpoint));
        Assert.Same(first, await TakeAsync(_endpoint));
    }

    [Fact]
    public async Task Beyond_the_limit_the_oldest_of_all_endpoints_is_closed()
    {
        await LimitAsync(new UpstreamPoolSettings { Connections = 2 });
        var oldest = await ReturnedAsync(_endpoint);
        var middle = await ReturnedAsync(_other);
        var newest = await ReturnedAsync(_endpoint);
        Assert.Equal(2, await IdleAsync());
        Assert.True(oldest.Http.Connection.IsClosed);
        Assert.Same(newest, await TakeAsync(_endpoint));
        Assert.Null(await TakeAsync(_endpoint));
        Assert.Same(middle, await TakeAsync(_other));
    }

    [Fact]
    public async Task A_pool_of_no_connections_closes_each()
    {
        await LimitAsync(new UpstreamPoolSettings { Connections = 0 });
        Assert.True((await ReturnedAsync(_endpoint)).Http.Connection.IsClosed);
        Assert.Equal(0, await IdleAsync());
    }

    [Fact]
    public async Task A_connection_that_carried_its_share_of_requests_is_closed()
    {
        await LimitAsync(new UpstreamPoolSettings { Requests = 2 });
        var (connection, peer) = await UsedAsync(_endpoint);
        await DoAsync(() => _pool.Return(connection));
        Assert.Same(connection, await TakeAsync(_endpoint));
        await RespondAsync(connection, peer);
        await DoAsync(() => _pool.Return(connection));
        Assert.True(connection.Http.Connection.IsClosed);
    }

    [Fact]
    public async Task A_connection_is_closed_when_it_was_idle_for_too_long()
    {
        await LimitAsync(new UpstreamPoolSettings { IdleTimeout = TimeSpan.FromMilliseconds(30) });
        var (connection, peer) = await UsedAsync(_endpoint);
        await DoAsync(() => _pool.Return(connection));
        Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).Within("the pool closes the connection"));
        Assert.Equal(0, await IdleAsync());
        Assert.Null(await TakeAsync(_endpoint));
    }

    [Fact]
    public async Task The_time_of_idleness_does_not_run_while_a_connection_is_used()
    {
        await LimitAsync(new UpstreamPoolSettings { IdleTimeout = TimeSpan.FromMilliseconds(30) });
        var taken = await ReturnedAsync(_endpoint);
        Assert.Same(taken, await TakeAsync(_endpoint));
        var (idle, peer) = await UsedAsync(_endpoint);
        await DoAsync(() => _pool.Return(idle));
        Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).Within("the idle one is closed"));
        Assert.False(taken.Http.Connection.IsClosed);
    }

    [Fact]
    public async Task A_connection_that_the_endpoint_closes_while_it_is_idle_is_never_given_out()
    {
        var (closed, peer) = await UsedAsync(_endpoint);
        var kept = await ReturnedAsync(_endpoint);
        await DoAsync(() => _pool.Return(closed));
        peer.Close();
        await Eventually.TrueAsync(async () => await IdleAsync() == 1, "the pool notices the close");
        Assert.True(closed.Http.Connection.IsClosed);
        Assert.Same(kept, await TakeAsync(_endpoint));
        Assert.Null(await TakeAsync(_endpoint));
    }

    [Fact]
    public async Task A_response_that_nobody_asked_for_costs_the_idle_connection()
    {
        var (connection, peer) = await UsedAsync(_endpoint);
        await DoAsync(() => _pool.Return(connection));
        peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8);
        await Eventually.TrueAsync(async () => await IdleAsync() == 0, "the pool notices the bytes");
        Assert.True(connection.Http.Connection.IsClosed);
    }

    [Fact]
    public async Task Connections_of_a_removed_endpoint_are_closed_and_none_is_kept()
    {
        var used = (await UsedAsync(_endpoint)).Connection;
        var idle = new[] { await ReturnedAsync(_endpoint), await ReturnedAsync(_other), await ReturnedAsync(_endpoint) };
        _endpoint.MarkRemoved();
        await DoAsync(_pool.Prune);
        Assert.Equal([true, false, true], idle.Select(connection => connection.Http.Connection.IsClosed));
        Assert.False(used.Http.Connection.IsClosed);
        await DoAsync(() => _pool.Return(used));
        Assert.True(used.Http.Connection.IsClosed);
        Assert.Equal(1, await IdleAsync());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore")]
    public async Task A_connection_whose_response_is_not_over_or_the_last_is_not_kept(string response)
    {
        var (connection, peer) = await OpenAsync(_endpoint);
        await RespondAsync(connection, peer, response);
        await DoAsync(() => _pool.Return(connection));
        Assert.True(connection.Http.Connection.IsClosed);
        Assert.Equal(0, await IdleAsync());
    }

    [Fact]
    public async Task Whatever_is_taken_and_returned_the_lists_stay_whole()
    {
        var random = new Random(7);
        var settings = new UpstreamPoolSettings { Connections = 5 };
        await LimitAsync(settings);
        var used = new List<UpstreamConnection>();
        for (var i = 0; i < 8; i++)
        {
            used.Add((await UsedAsync(i % 2 == 0 ? _endpoint : _other)).Connection);
        }

        var all = used.ToArray();
        await DoAsync(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                if (used.Count > 0 && random.Next(2) == 0)
                {
                    var connection = used[random.Next(used.Count)];
                    used.Remove(connection);
                    _pool.Return(connection);
                }
                else if (_pool.Take(random.Next(2) == 0 ? _endpoint : _other, UpstreamProtocol.Http) is { } taken)
                {
                    Assert.DoesNotContain(taken, used);
                    used.Add(taken);
                }

                Assert.Equal(all.Count(c => c.IsIdle), _pool.IdleCount);
                Assert.InRange(_pool.IdleCount, 0, settings.Connections);
            }

            _pool.CloseAll();
        });
        Assert.Equal(0, await IdleAsync());
        Assert.Equal(used.Count, all.Count(c => !c.Http.Connection.IsClosed));
    }

    private static EndpointState EndpointNamed(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return EndpointState.Create(text, new Endpoint(text[..colon], int.Parse(text[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>A connection that has carried nothing yet, and the backend's side of it.</summary>
    private async Task<(UpstreamConnection Connection, Socket Peer)> OpenAsync(EndpointState endpoint)
    {
        var (connection, peer) = await _shard.ConnectAsync();
        return (await _shard.InvokeAsync(() => new UpstreamConnection(_pool, connection, endpoint, UpstreamProtocol.Http)), peer);
    }

    /// <summary>One that has carried a response and could carry another.</summary>
    private async Task<(UpstreamConnection Connection, Socket Peer)> UsedAsync(EndpointState endpoint)
    {
        var (connection, peer) = await OpenAsync(endpoint);
        await RespondAsync(connection, peer);
        return (connection, peer);
    }

    private async Task<UpstreamConnection> ReturnedAsync(EndpointState endpoint)
    {
        var (connection, _) = await UsedAsync(endpoint);
        await DoAsync(() => _pool.Return(connection));
        return connection;
    }

    private async Task RespondAsync(UpstreamConnection connection, Socket peer, string response = "HTTP/1.1 204 No Content\r\n\r\n")
    {
        peer.Send(Text.Bytes(response));
        Assert.Equal(HeadStatus.Done, await _shard.RunAsync(() => connection.Http.ReadHeadAsync(false, 4096, Limits.Step)));
    }

    private Task<bool> LimitAsync(UpstreamPoolSettings settings) => DoAsync(() => _pool.Settings = settings);

    private Task<UpstreamConnection?> TakeAsync(EndpointState endpoint) => _shard.InvokeAsync(() => _pool.Take(endpoint, UpstreamProtocol.Http));

    private Task<int> IdleAsync() => _shard.InvokeAsync(() => _pool.IdleCount);

    private Task<bool> DoAsync(Action action) => _shard.InvokeAsync(() =>
    {
        action();
        return true;
    });
}
