using System.Text;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>gRPC-Web (<c>portico.dev/grpc-web</c>) on the client's side, gRPC on the backend's.</summary>
public sealed class GrpcWebTests(Gateway gateway) : Http2BackendTest(gateway)
{
    private const string Binary = "application/grpc-web+proto";
    private const string InText = "application/grpc-web-text+proto";
    private const string Status = "grpc-status:0\r\ngrpc-message:said by the backend\r\n";

    private static readonly Http2Answer EchoCall = async (connection, request) =>
    {
        await request.Over;
        await connection.AnswerCallAsync(request, 0, request.Text, "second");
    };

    [Theory]
    [InlineData(Binary)]
    [InlineData(InText)]
    public async Task A_call_over_HTTP_1_becomes_one_of_gRPC_and_its_trailers_the_last_frame(string type)
    {
        var service = new Http2Service(EchoCall);
        var site = await ExposeWebAsync(service);
        await using var client = await ConnectAsync();
        var body = Encode(type, Frame("hello"));
        await client.SendAsync(site.Post("/test.Service/Method", body, "Content-Type: " + type, "X-Grpc-Web: 1"));
        var response = await client.ReadResponseAsync();
        Assert.Equal((200, type.Replace("+proto", "", StringComparison.Ordinal)), (response.Status, response["Content-Type"]));
        Assert.Null(response["grpc-status"]);
        Assert.Equal(Frame(Frame("hello")) + Frame("second") + Frame(Status, 0x80), Decode(type, response.Text));
        var request = service.Requests[0];
        Assert.Equal(("application/grpc+proto", "trailers", Frame("hello")), (request["content-type"], request["te"], request.Text));
    }

    [Fact]
    public async Task A_call_over_HTTP_2_becomes_one_of_gRPC_too()
    {
        var site = await ExposeWebAsync(new Http2Service(EchoCall));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, [.. Http2Bytes.Request("POST", "/test.Service/Method", site.Host), ("content-type", InText)])
            .Data(1, Encode(InText, Frame("hello")), FrameFlag.EndStream));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, "application/grpc-web-text"), (response.Status, response["content-type"]));
        Assert.Empty(response.Trailers);
        Assert.Equal(Frame(Frame("hello")) + Frame("second") + Frame(Status, 0x80), Decode(InText, response.Text));
    }

    [Fact]
    public async Task Text_may_be_cut_anywhere_on_its_way()
    {
        var service = new Http2Service(EchoCall);
        var site = await ExposeWebAsync(service);
        var text = Encode(InText, Frame("hello")) + Encode(InText, Frame("you"));
        for (var cut = 1; cut < text.Length; cut++)
        {
            await using var client = await ConnectAsync();
            var request = Text.Bytes(site.Post("/test.Service/Method", text, "Content-Type: " + InText));
            await client.SendCutAsync(request, request.Length - text.Length + cut);
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            Assert.Equal(Frame("hello") + Frame("you"), service.Requests[^1].Text);
        }
    }

    [Fact]
    public async Task Large_messages_pass_in_text()
    {
        var answer = new string('a', 60_000);
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await connection.AnswerCallAsync(request, 0, answer);
        });
        var site = await ExposeWebAsync(service);
        await using var client = await ConnectAsync();
        var message = Frame(new string('m', 300_000));
        await client.SendAsync(site.Post("/test.Service/Method", Encode(InText, message), "Content-Type: " + InText));
        Assert.Equal(Frame(answer) + Frame(Status, 0x80), Decode(InText, (await client.ReadResponseAsync()).Text));
        Assert.Equal(message, service.Requests[0].Text);
    }

    [Fact]
    public async Task Accept_chooses_the_form_of_the_answer()
    {
        var site = await ExposeWebAsync(new Http2Service(EchoCall));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", Frame("x"), "Content-Type: " + Binary, "Accept: application/grpc-web-text"));
        var response = await client.ReadResponseAsync();
        Assert.StartsWith("application/grpc-web-text", response["Content-Type"], StringComparison.Ordinal);
        Assert.EndsWith(Frame(Status, 0x80), Decode(InText, response.Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_of_an_answer_without_messages_moves_into_the_frame()
    {
        var site = await ExposeWebAsync(new Http2Service((connection, request) => connection.SendAsync(new Http2Bytes().Headers(
            request.Stream, Whole, (":status", "200"), ("content-type", "application/grpc"), ("x-other", "stays"), ("grpc-status", "5"), ("grpc-message", "gone")))));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", Frame("x"), "Content-Type: " + Binary));
        var response = await client.ReadResponseAsync();
        Assert.Equal((200, "application/grpc-web", "stays"), (response.Status, response["Content-Type"], response["X-Other"]));
        Assert.Null(response["grpc-status"]);
        Assert.Equal(Frame("grpc-status:5\r\ngrpc-message:gone\r\n", 0x80), response.Text);
    }

    [Theory]
    [InlineData(Binary, "application/grpc-web")]
    [InlineData(InText, "application/grpc-web-text")]
    public async Task An_answer_of_the_gateway_itself_has_its_status_in_the_headers_and_in_the_frame(string type, string answered)
    {
        var site = await Gateway.ExposeAsync(new SiteOptions { AppProtocol = "kubernetes.io/h2c", Annotations = new Dictionary<string, string> { ["portico.dev/grpc-web"] = "true" } });
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", Encode(type, Frame("x")), "Content-Type: " + type));
        var response = await client.ReadResponseAsync();
        Assert.Equal((503, answered, "14"), (response.Status, response["Content-Type"], response["grpc-status"]));
        Assert.Equal(Frame("grpc-status:14\r\ngrpc-message:the service is unavailable\r\n", 0x80), Decode(type, response.Text));
    }

    [Fact]
    public async Task A_deadline_within_an_answer_is_told_in_the_frame()
    {
        var site = await ExposeWebAsync(new Http2Service(async (connection, request) =>
        {
            await connection.SendAsync(Message(new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-type", "application/grpc")), request.Stream, "first"));
        }));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", Frame("x"), "Content-Type: " + Binary, "Grpc-Timeout: 300m"));
        Assert.Equal(Frame("first") + Frame("grpc-status:4\r\ngrpc-message:deadline exceeded\r\n", 0x80), (await client.ReadResponseAsync()).Text);
    }

    [Theory]
    [InlineData("AAAA!AAA")]
    [InlineData("AAAAA")]
    public async Task Text_that_is_no_base64_is_400(string body)
    {
        var site = await ExposeWebAsync(new Http2Service(EchoCall));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", body, "Content-Type: " + InText));
        var response = await client.ReadResponseAsync();
        Assert.Equal((400, "13"), (response.Status, response["grpc-status"]));
    }

    [Fact]
    public async Task A_stream_of_messages_arrives_message_by_message()
    {
        var seen = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        var site = await ExposeWebAsync(new Http2Service(async (connection, request) =>
        {
            await connection.SendAsync(new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-type", "application/grpc")));
            for (var i = 0; i < seen.Length; i++)
            {
                await connection.SendAsync(Message(new Http2Bytes(), request.Stream, $"event {i}"));
                await seen[i].Task.WaitAsync(connection.Stopping);
            }
            await connection.SendAsync(new Http2Bytes().Headers(request.Stream, Whole, ("grpc-status", "0")));
        }));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, [.. Http2Bytes.Request("POST", "/test.Service/Method", site.Host), ("content-type", InText)])
            .Data(1, Encode(InText, Frame("x")), FrameFlag.EndStream));
        for (var i = 0; i < seen.Length; i++)
        {
            var data = await client.ReadUntilAsync(f => f.Type == FrameType.Data && f.Payload.Length > 0);
            Assert.Equal(Frame($"event {i}"), Decode(InText, Encoding.Latin1.GetString(data.Payload)));
            seen[i].SetResult();
        }
        Assert.EndsWith(Frame("grpc-status:0\r\n", 0x80), Decode(InText, (await client.ReadResponseAsync(1)).Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cross_origin_headers_and_preflights_work_beside_it()
    {
        var site = await ExposeWebAsync(new Http2Service(EchoCall), ("enable-cors", "true"), ("cors-allow-origin", "https://app.test"));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Request("OPTIONS", "/test.Service/Method", "", "Origin: https://app.test", "Access-Control-Request-Method: POST"));
        var preflight = await client.ReadResponseAsync("OPTIONS");
        Assert.Equal((204, "https://app.test"), (preflight.Status, preflight["Access-Control-Allow-Origin"]));
        await client.SendAsync(site.Post("/test.Service/Method", Frame("x"), "Content-Type: " + Binary, "Origin: https://app.test"));
        var response = await client.ReadResponseAsync();
        Assert.Equal((200, "https://app.test"), (response.Status, response["Access-Control-Allow-Origin"]));
        Assert.EndsWith(Frame(Status, 0x80), response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_requests_and_other_answers_pass_as_they_are()
    {
        var service = new Http2Service(EchoCall);
        var site = await ExposeWebAsync(service);
        await using var calls = await ConnectHttp2Async();
        await calls.SendAsync(Message(Call(1, site), 1, "x", last: true));
        Assert.Equal(("application/grpc", "0"), (await calls.ReadResponseAsync(1) is var call ? call["content-type"] : null, Trailer(call, "grpc-status")));

        service.Answer = (connection, request) => connection.AnswerAsync(request, "no gRPC", ("content-type", "text/plain"));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/test.Service/Method", Frame("x"), "Content-Type: " + Binary));
        var response = await client.ReadResponseAsync();
        Assert.Equal(("text/plain", "no gRPC"), (response["Content-Type"], response.Text));

        var plain = new Http2Service(Http2Service.EchoAsync);
        var untranslated = await ExposeAsync(plain);
        await client.SendAsync(untranslated.Post("/", "x", "Content-Type: " + Binary));
        await client.ReadResponseAsync();
        Assert.Equal(Binary, plain.Requests[0]["content-type"]);
    }

    private Task<Site> ExposeWebAsync(Http2Service service, params (string, string)[] more) => ExposeAsync(service, [("portico.dev/grpc-web", "true"), .. more]);

    private static string Frame(string message, byte flags = 0) =>
        (char)flags + Encoding.Latin1.GetString(Http2Bytes.Number((uint)message.Length)) + message;

    private static string Encode(string type, string body) => type == InText ? Convert.ToBase64String(Encoding.Latin1.GetBytes(body)) : body;

    /// <summary>Strings of base64 one behind the other, each with its padding.</summary>
    private static string Decode(string type, string body) => type != InText ? body : string.Concat(
        Enumerable.Range(0, body.Length / 4).Select(i => Encoding.Latin1.GetString(Convert.FromBase64String(body.Substring(4 * i, 4)))));
}
