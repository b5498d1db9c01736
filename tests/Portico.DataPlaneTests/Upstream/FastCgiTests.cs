using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>FastCGI applications (<c>backend-protocol: FCGI</c>): what they are told, what becomes of what they say, and of what they should not say.</summary>
public sealed class FastCgiTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Hello = "Content-Type: text/plain\r\n\r\nhello";

    [Fact]
    public async Task An_application_is_told_what_CGI_programs_are_told()
    {
        var service = Answer(Hello);
        var site = await ExposeAsync(service, ("fastcgi-index", "index.php"));
        var response = await AskAsync(
            $"POST /a%20b/?x=1&y=%20 HTTP/1.1\r\nHost: {site.Host}\r\nContent-Type: text/x\r\nContent-Length: 4\r\nX-Two: 1\r\nX-Two: 2\r\nProxy: evil\r\n\r\nbody");
        Assert.Equal((200, "hello", "text/plain"), (response.Status, response.Text, response["Content-Type"]));
        var request = Assert.Single(service.Requests);
        Assert.Equal("body"u8, request.Body);
        var expected = new Dictionary<string, string>
        {
            ["REQUEST_METHOD"] = "POST",
            ["QUERY_STRING"] = "x=1&y=%20",
            ["SCRIPT_NAME"] = "/a b/index.php",
            ["DOCUMENT_URI"] = "/a b/",
            ["REQUEST_URI"] = "/a%20b/?x=1&y=%20",
            ["CONTENT_TYPE"] = "text/x",
            ["CONTENT_LENGTH"] = "4",
            ["SERVER_PROTOCOL"] = "HTTP/1.1",
            ["GATEWAY_INTERFACE"] = "CGI/1.1",
            ["REQUEST_SCHEME"] = "http",
            ["REMOTE_ADDR"] = "127.0.0.1",
            ["SERVER_NAME"] = site.Host,
            ["REDIRECT_STATUS"] = "200",
            ["HTTP_HOST"] = site.Host,
            ["HTTP_X_TWO"] = "1, 2",
            ["HTTP_X_FORWARDED_FOR"] = "127.0.0.1",
        };
        Assert.Equal(expected, expected.Keys.ToDictionary(name => name, name => request.Parameters.GetValueOrDefault(name) ?? "missing"));
        Assert.DoesNotContain("HTTP_PROXY", request.Parameters.Keys);
        Assert.DoesNotContain("HTTPS", request.Parameters.Keys);
    }

    [Fact]
    public async Task A_large_body_arrives_whole_with_its_length_whether_it_is_chunked_or_not()
    {
        var service = new FastCgiService(request => new FastCgiBytes().Output($"\n{Convert.ToHexString(SHA256.HashData(request.Body))} {request.Parameters["CONTENT_LENGTH"]}").End().ToArray());
        var site = await ExposeAsync(service, ("proxy-body-size", "0"), ("client-body-buffer-size", "1m"));
        var body = new string('x', 300_000);
        var expected = $"{Convert.ToHexString(SHA256.HashData(Text.Bytes(body)))} 300000";
        Assert.Equal(expected, (await AskAsync(site.Request("POST", "/", body))).Text);
        Assert.Equal(expected, (await AskAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n")).Text);
    }

    [Fact]
    public async Task A_body_that_is_not_held_back_flows_in_records()
    {
        var service = new FastCgiService(request => new FastCgiBytes().Output($"\n{request.Body.Length}").End().ToArray());
        var site = await ExposeAsync(service, ("proxy-body-size", "0"), ("proxy-request-buffering", "off"));
        Assert.Equal("300000", (await AskAsync(site.Request("POST", "/", new string('x', 300_000)))).Text);
    }

    [Theory]
    [InlineData("Content-Type: text/plain\n\nx", 200)]
    [InlineData("Status: 404 Not Found\r\n\r\nx", 404)]
    [InlineData("Location: http://there.test/\r\n\r\n", 302)]
    public async Task The_status_comes_from_the_head_of_the_output(string output, int status)
    {
        var site = await ExposeAsync(Answer(output));
        var response = await AskAsync(site.Get());
        Assert.Equal(status, response.Status);
        Assert.Null(response["Status"]);
    }

    [Fact]
    public async Task Output_may_come_in_many_records_with_padding_and_errors_between_them()
    {
        var bytes = new FastCgiBytes().Error("one").Output("Set-Co").Output("okie: a=1\r\n\r", padding: 7).Error("two").Output("\n", padding: 255);
        for (var i = 0; i < 1000; i++)
        {
            bytes.Output(i % 2 == 0 ? "even" : "odd!", padding: i % 256);
        }

        var service = new FastCgiService(_ => bytes.Output("").End().ToArray());
        var site = await ExposeAsync(service);
        var response = await AskAsync(site.Get());
        Assert.Equal((200, 4000, "a=1"), (response.Status, response.Text.Length, response["Set-Cookie"]));
    }

    [Fact]
    public async Task A_HEAD_request_gets_no_body_and_what_stands_behind_the_length_is_dropped()
    {
        var site = await ExposeAsync(Answer("Content-Length: 5\r\n\r\nhello and more"));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Request("HEAD", "/", ""));
        Assert.Equal("5", (await client.ReadResponseAsync("HEAD"))["Content-Length"]);
        await client.SendAsync(site.Get());
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_body_shorter_than_its_length_is_broken_off()
    {
        var site = await ExposeAsync(Answer("Content-Length: 50\r\n\r\nhello"));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReadResponseAsync());
    }

    public static TheoryData<string, byte[]> Faults => new()
    {
        { "nothing", [] },
        { "HTTP", new FastCgiBytes().Raw("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").ToArray() },
        { "an end without a head", new FastCgiBytes().End().ToArray() },
        { "half a head", new FastCgiBytes().Output("Content-Type: te").End().ToArray() },
        { "half a head and no end", new FastCgiBytes().Output("Content-Type: te").ToArray() },
        { "overloaded", new FastCgiBytes().End(protocolStatus: 2).ToArray() },
        { "another request's output", new FastCgiBytes().Record(6, "Status: 200\r\n\r\nx"u8, request: 7).End().ToArray() },
        { "101", new FastCgiBytes().Output("Status: 101\r\n\r\n").End().ToArray() },
        { "a head too large", new FastCgiBytes().Output($"X-Large: {new string('x', 5000)}\r\n\r\n").End().ToArray() },
        { "no field", new FastCgiBytes().Output("<html>\r\n\r\n").End().ToArray() },
        { "two lengths", new FastCgiBytes().Output("Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx").End().ToArray() },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_is_no_answer_is_502(string fault, byte[] bytes)
    {
        var site = await ExposeAsync(new FastCgiService(_ => bytes));
        var response = await AskAsync(site.Request("POST", "/", "x"));
        Assert.True(response.Status == 502, $"{fault}: {response.Status}");
    }

    [Fact]
    public async Task A_refused_connection_goes_to_the_next_endpoint()
    {
        var backend = Backend(Answer(Hello).Script);
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateway.Nobody, Gateway.At(backend)],
            Annotations = new Dictionary<string, string> { ["backend-protocol"] = "FCGI" },
        });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("hello", (await AskAsync(site.Request("POST", "/", "x"))).Text);
        }
    }

    private static FastCgiService Answer(string output) => new(_ => new FastCgiBytes().Output(output).Output("").End().ToArray());

    private Task<Site> ExposeAsync(FastCgiService service, params (string Name, string Value)[] annotations) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateway.At(Backend(service.Script))],
        Annotations = annotations.Append(("backend-protocol", "FCGI")).ToDictionary(a => a.Item1, a => a.Item2),
    });

    private async Task<Response> AskAsync(string request)
    {
        await using var client = await ConnectAsync();
        return await client.ExchangeAsync(request);
    }
}
