using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>gRPC calls frame by frame: messages and trailers both ways, deadlines, and the status of answers that the gateway makes itself.</summary>
public sealed class GrpcCallTests(Gateway gateway) : Http2BackendTest(gateway)
{
    private static readonly (string Name, string Value) Grpc = ("backend-protocol", "GRPC");

    [Fact]
    public async Task Messages_go_both_ways_while_the_call_is_open_and_trailers_end_it()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await connection.SendAsync(new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-type", "application/grpc+proto")));
            for (var i = 1; i <= 3; i++)
            {
                var expected = i * (Http2BackendConnection.GrpcMessage("ping").Length + 1);
                await Eventually.TrueAsync(() => request.Body.Length >= expected, "a message arrives");
                await connection.SendAsync(Message(new Http2Bytes(), request.Stream, $"pong {i}"));
            }
            await request.Over;
            await connection.SendAsync(new Http2Bytes().Headers(request.Stream, Whole, ("grpc-status", "0"), ("grpc-status-details-bin", "AAECAw")));
        });
        var site = await ExposeAsync(service, Grpc);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Call(1, site, ("x-custom-bin", "AAECAw"), ("x-custom", "text")));
        var got = 0;
        for (var i = 1; i <= 3; i++)
        {
            await client.SendAsync(Message(new Http2Bytes(), 1, $"ping{i}", last: i == 3));
            while (got < i * Http2BackendConnection.GrpcMessage("pong 1").Length)
            {
                got += (await client.ReadUntilAsync(f => f.Type == FrameType.Data)).Payload.Length;
            }
        }
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "application/grpc+proto", "0", "AAECAw"), (response.Status, response["content-type"], Trailer(response, "grpc-status"), Trailer(response, "grpc-status-details-bin")));
        var request = service.Requests[0];
        Assert.Equal(("POST", "/test.Service/Method", site.Host), (request[":method"], request[":path"], request[":authority"]));
        Assert.Equal(("AAECAw", "text", "trailers"), (request["x-custom-bin"], request["x-custom"], request["te"]));
    }

    [Fact]
    public async Task An_answer_of_trailers_only_passes_as_it_is()
    {
        var service = new Http2Service((connection, request) => connection.SendAsync(new Http2Bytes().Headers(
            request.Stream, Whole, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "not%20found"), ("grpc-status-details-bin", "AAECAw"))));
        var site = await ExposeAsync(service, Grpc);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site), 1, "x", last: true));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "5", "not%20found", "AAECAw"), (response.Status, response["grpc-status"], response["grpc-message"], response["grpc-status-details-bin"]));
        Assert.Empty(response.Trailers);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task Trailers_of_a_request_reach_the_backend()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await connection.AnswerAsync(request, string.Join(' ', request.Trailers.Select(t => $"{t.Name}={t.Value}")));
        });
        var site = await ExposeAsync(service, Grpc);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site), 1, "x").Headers(1, Whole, ("x-checksum", "abc")));
        Assert.Equal("x-checksum=abc", (await client.ReadResponseAsync(1)).Text);
    }

    [Fact]
    public async Task A_deadline_ends_a_call_that_has_no_answer_and_the_backend_is_told()
    {
        var service = new Http2Service((_, request) => request.Over);
        var site = await ExposeAsync(service, Grpc);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site, ("grpc-timeout", "100m")), 1, "x", last: true));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "application/grpc", "4"), (response.Status, response["content-type"], response["grpc-status"]));
        Assert.Equal("100m", service.Requests[0]["grpc-timeout"]);
        await Eventually.TrueAsync(() => service.Requests[0].Reset == Http2Error.Cancel, "the backend is told");
    }

    [Fact]
    public async Task A_deadline_within_an_answer_ends_it_with_a_status_in_trailers()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await connection.SendAsync(Message(new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-type", "application/grpc")), request.Stream, "first"));
            await request.Over;
        });
        var site = await ExposeAsync(service, Grpc);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site, ("grpc-timeout", "200000u")), 1, "x"));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "4"), (response.Status, Trailer(response, "grpc-status")));
        Assert.EndsWith("first", response.Text, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => service.Requests[0].Reset == Http2Error.Cancel, "the backend is told");
        // The next call on that connection has nothing left over from this one.
        service.Answer = (connection, request) => connection.AnswerCallAsync(request, 0, "second");
        await client.SendAsync(Message(Call(3, site), 3, "x", last: true));
        Assert.Equal("0", Trailer(await client.ReadResponseAsync(3), "grpc-status"));
        Assert.Single(service.Connections);
    }

    [Theory]
    [InlineData("no endpoint", 503, "14")]
    [InlineData("refused", 502, "14")]
    [InlineData("reset", 502, "14")]
    [InlineData("late", 504, "14")]
    [InlineData("denied", 403, "7")]
    [InlineData("unauthorized", 401, "16")]
    [InlineData("too large", 413, "8")]
    [InlineData("limited", 503, "14")]
    public async Task An_answer_of_the_gateway_itself_has_a_status_of_gRPC(string cause, int status, string code)
    {
        var service = new Http2Service(async (connection, request) =>
        {
            if (cause == "reset")
            {
                await connection.SendAsync(new Http2Bytes().Reset(request.Stream, Http2Error.InternalError));
            }
            await request.Over;
        });
        ServiceEndpoint[] endpoints = cause switch
        {
            "no endpoint" => [],
            "refused" => [Gateway.Nobody],
            _ => [Gateway.At(Backend(service.Script))],
        };
        (string Name, string Value)[] annotations = cause switch
        {
            "late" => [("proxy-read-timeout", "1")],
            "denied" => [("denylist-source-range", "127.0.0.0/8")],
            "unauthorized" => [("auth-type", "basic"), ("auth-secret", "grpc-users")],
            "too large" => [("proxy-body-size", "5")],
            "limited" => [("limit-rpm", "1"), ("limit-burst-multiplier", "1")],
            _ => [],
        };
        if (cause == "unauthorized")
        {
            Gateway.Process.Manifests.RenameInto("grpc-users.yaml", [Manifest.Secret("grpc-users", "Opaque", new Dictionary<string, string> { ["auth"] = "a:$apr1$x$x\n" })]);
        }
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = endpoints, Annotations = annotations.Append(Grpc).ToDictionary(a => a.Name, a => a.Value) });
        await using var client = await ConnectHttp2Async();
        if (cause == "limited")
        {
            service.Answer = (connection, request) => connection.AnswerCallAsync(request, 0);
            for (var stream = 101; stream <= 105; stream += 2)
            {
                await client.SendAsync(Message(Call(stream, site), stream, "x", last: true));
                await client.ReadResponseAsync(stream);
            }
        }
        await client.SendAsync(Message(Call(201, site), 201, "longer than five", last: true));
        var response = await client.ReadResponseAsync(201);
        Assert.Equal((status, "application/grpc", code), (response.Status, response["content-type"], response["grpc-status"]));
        Assert.NotNull(response["grpc-message"]);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task A_host_that_nobody_serves_is_UNIMPLEMENTED()
    {
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes().Headers(1, Whole, [.. Http2Bytes.Request("POST", "/a.B/C", "nobody.test"), ("content-type", "application/grpc")]));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((404, "12"), (response.Status, response["grpc-status"]));
    }

    [Fact]
    public async Task Over_TLS_a_backend_that_agrees_to_h2_takes_calls()
    {
        var service = new Http2Service((connection, request) => connection.AnswerCallAsync(request, 0, "answer"));
        await using var backend = new ScriptedBackend(service.Script, "tls") { Certificate = TestCertificate.For("grpc.test"), Alpn = "h2" };
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = new Dictionary<string, string> { ["backend-protocol"] = "GRPCS" } });
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Message(Call(1, site), 1, "x", last: true));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "0"), (response.Status, Trailer(response, "grpc-status")));
        Assert.Equal("https", service.Requests[0][":scheme"]);
    }
}
