using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Responses that send the request elsewhere: X-Accel-Redirect, and a 401 on a route with a sign-in page.</summary>
public sealed class InternalRedirectTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Theory]
    [InlineData("GET", "/inner/file", "GET", "/inner/file")]
    [InlineData("POST", "/inner/file?y=2", "GET", "/inner/file?y=2")]
    [InlineData("PUT", "/in ner", "GET", "/in%20ner")]
    public async Task The_answer_comes_from_the_path_that_the_backend_names(string method, string place, string seenMethod, string seenTarget)
    {
        var (site, backend) = await ExposeAsync(place);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync(site.Request(method, "/start?x=1", method == "GET" ? "" : "the body"));
            Assert.Equal((200, $"{seenMethod} {seenTarget} []"), (response.Status, response.Text));
            Assert.Equal(("attachment", "first=1"), (response["Content-Disposition"], response["Set-Cookie"]));
            Assert.Null(response["X-Accel-Redirect"]);
            Assert.Null(response["X-Only-First"]);
        }
        Assert.Equal(4, backend.Requests.Count);
        Assert.Equal(1, backend.ConnectionCount);
    }

    [Fact]
    public async Task A_401_of_the_backend_leads_to_the_sign_in_page_where_errors_are_looked_at()
    {
        var auth = Backend(Scripts.Body("fine"), "auth");
        var backend = Backend(Scripts.Answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nsecret"));
        var annotations = new Dictionary<string, string>
        {
            ["auth-url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{auth.Port}/check"),
            ["auth-signin"] = "https://login.test/in",
        };
        var plain = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = annotations });
        annotations["custom-http-errors"] = "503";
        var intercepting = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = annotations });
        await using var client = await ConnectAsync();
        Assert.Equal((401, "secret"), (await client.ExchangeAsync(plain.Get())) is var passed ? (passed.Status, passed.Text) : default);
        var response = await client.ExchangeAsync(intercepting.Get("/x"));
        Assert.Equal(302, response.Status);
        Assert.StartsWith("https://login.test/in?rd=", response["Location"], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", response.Text, StringComparison.Ordinal);
    }

    private async Task<(Site Site, ScriptedBackend Backend)> ExposeAsync(string place)
    {
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            var text = $"{request.Method} {request.Target} [{Portico.TestKit.Wire.Text.Of(request.Body)}]";
            await connection.SendAsync(request.Target.StartsWith("/start", StringComparison.Ordinal)
                ? $"HTTP/1.1 200 OK\r\nX-Accel-Redirect: {place}\r\nX-Only-First: 1\r\nSet-Cookie: first=1\r\nContent-Disposition: attachment\r\nContent-Length: 0\r\n\r\n"
                : string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}"));
        });
        return (await Gateway.ExposeAsync(backend), backend);
    }
}
