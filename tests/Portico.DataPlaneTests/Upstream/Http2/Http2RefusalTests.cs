using System.Collections.Concurrent;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>Streams that a backend refuses (GOAWAY, REFUSED_STREAM) have not begun: they go elsewhere, whatever their method.</summary>
public sealed class Http2RefusalTests(Gateway gateway) : Http2BackendTest(gateway)
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PATCH")]
    public async Task A_stream_that_is_refused_is_sent_again(string method)
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await (request.Stream == 1
                ? connection.SendAsync(new Http2Bytes().Reset(request.Stream, Http2Error.RefusedStream))
                : Http2Service.EchoAsync(connection, request));
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        Assert.Equal($"{method} / {(method == "GET" ? "" : "payload")}", (await client.ExchangeAsync(site.Request(method, "/", method == "GET" ? "" : "payload"))).Text);
        Assert.Equal(2, service.Requests.Count);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Whoever_refuses_always_is_asked_three_times_and_the_answer_is_502(string method)
    {
        var service = new Http2Service((connection, request) => connection.SendAsync(new Http2Bytes().Reset(request.Stream, Http2Error.RefusedStream)));
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Request(method, "/", ""))).Status);
        Assert.Equal(3, service.Requests.Count);
    }

    [Fact]
    public async Task A_GOAWAY_before_any_request_sends_them_to_another_connection()
    {
        var service = new Http2Service(Http2Service.EchoAsync)
        {
            OnOpened = connection => connection.Number == 1 ? connection.GoAwayAsync(0) : Task.CompletedTask,
        };
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        Assert.Equal("POST /a x", (await client.ExchangeAsync(site.Post("/a", "x"))).Text);
        Assert.Equal(2, service.Requests[^1].Connection);
    }

    [Fact]
    public async Task A_GOAWAY_within_requests_ends_those_above_its_number_elsewhere_and_the_others_where_they_are()
    {
        var both = new TaskCompletionSource();
        var service = new Http2Service(Http2Service.EchoAsync);
        service.Answer = async (connection, request) =>
        {
            if (connection.Number > 1)
            {
                await Http2Service.EchoAsync(connection, request);
            }
            else if (request.Stream == 1)
            {
                await both.Task;
                await connection.GoAwayAsync(1);
                await connection.AnswerAsync(request, "the one that was taken");
            }
            else
            {
                await request.Over;
                both.TrySetResult();
            }
        };
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Ask(1, site, "/1"));
        await service.WaitForRequestsAsync(1);
        await client.SendAsync(new Http2Bytes()
            .Headers(3, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/3", site.Host)).Data(3, "payload", FrameFlag.EndStream));
        Assert.Equal("the one that was taken", (await client.ReadResponseAsync(1)).Text);
        Assert.Equal("POST /3 payload", (await client.ReadResponseAsync(3)).Text);
        Assert.Equal(2, service.Connections.Count);
    }

    [Fact]
    public async Task After_a_GOAWAY_the_next_request_takes_a_new_connection()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await connection.GoAwayAsync(request.Stream);
            await Http2Service.EchoAsync(connection, request);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal("GET /", (await client.GetAsync((2 * i) - 1, site.Host)).Text.TrimEnd());
            Assert.Equal(i, service.Requests[^1].Connection);
        }
    }

    [Fact]
    public async Task A_backend_that_ends_each_connection_by_GOAWAY_loses_no_call()
    {
        // As gRPC servers with a greatest age of connections do: no new streams, the old ones to their end, then FIN.
        const int calls = 200;
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            if (request.Stream == 7)
            {
                await connection.GoAwayAsync(request.Stream);
            }
            if (request.Stream <= 7)
            {
                await connection.AnswerCallAsync(request, 0, request.Text);
            }
        });
        var site = await ExposeAsync(service, ("backend-protocol", "GRPC"));
        await using var client = await ConnectHttp2Async();
        for (var i = 0; i < calls; i += 20)
        {
            for (var n = i; n < i + 20; n++)
            {
                var stream = (2 * n) + 1;
                await client.SendAsync(Message(Call(stream, site), stream, $"message {n}", last: true));
            }
            for (var n = i; n < i + 20; n++)
            {
                var response = await client.ReadResponseAsync((2 * n) + 1);
                Assert.Equal((200, "0"), (response.Status, Trailer(response, "grpc-status")));
                Assert.EndsWith($"message {n}", response.Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_call_whose_messages_still_come_is_sent_again_while_nothing_of_them_is_lost()
    {
        var seen = new ConcurrentQueue<string>();
        var service = new Http2Service(async (connection, request) =>
        {
            if (request.Connection == 1)
            {
                await connection.GoAwayAsync(0);
                return;
            }
            await request.Over;
            seen.Enqueue(request.Text);
            await connection.AnswerCallAsync(request, 0, "answer");
        });
        var site = await ExposeAsync(service, ("backend-protocol", "GRPC"));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site), 1, "first"));
        // The second message leaves only when the call has reached the connection that takes it.
        await service.WaitForRequestsAsync(2);
        await client.SendAsync(Message(new Http2Bytes(), 1, "second", last: true));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "0"), (response.Status, Trailer(response, "grpc-status")));
        Assert.Equal("\0\0\0\0\u0005first\0\0\0\0\u0006second", Assert.Single(seen));
    }

    [Theory]
    [InlineData(Http2Error.Cancel)]
    [InlineData(Http2Error.InternalError)]
    [InlineData(Http2Error.EnhanceYourCalm)]
    [InlineData(Http2Error.NoError)]
    public async Task A_stream_that_is_reset_otherwise_is_repeated_only_when_that_does_no_harm(Http2Error error)
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await connection.SendAsync(new Http2Bytes().Reset(request.Stream, error));
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Post("/", "x"))).Status);
        Assert.Single(service.Requests);
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(1 + 3, service.Requests.Count);
    }

    [Fact]
    public async Task A_reset_while_the_body_is_on_its_way_does_not_make_a_POST_repeatable()
    {
        var service = new Http2Service((connection, request) => request[":path"] == "/first"
            ? connection.AnswerAsync(request, "first")
            : connection.SendAsync(new Http2Bytes().Reset(request.Stream, Http2Error.InternalError)))
        {
            // A window that the body does not fit.
            Settings = [(4, 10)],
        };
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        Assert.Equal("first", (await client.ExchangeAsync(site.Get("/first"))).Text);
        Assert.Equal(502, (await client.ExchangeAsync(site.Post("/", new string('x', 1000)))).Status);
        Assert.Equal(2, service.Requests.Count);
    }

    [Fact]
    public async Task A_reset_within_a_response_ends_it_as_broken_and_nothing_else()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            if (request[":path"] == "/broken")
            {
                await connection.SendAsync(new Http2Bytes()
                    .Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200")).Data(request.Stream, "half").Reset(request.Stream, Http2Error.InternalError));
                return;
            }
            await Http2Service.EchoAsync(connection, request);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Ask(1, site, "/broken"));
        var broken = await client.ReadResponseAsync(1);
        Assert.NotNull(broken.Reset);
        Assert.Equal("GET /fine", (await client.GetAsync(3, site.Host, "/fine")).Text.TrimEnd());
        Assert.Single(service.Connections);
    }
}
