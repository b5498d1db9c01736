using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Access;

/// <summary>
/// Authentication services that deny, die, dawdle and talk nonsense: whatever they do short of a whole 2xx head, no byte of the request
/// reaches the protected backend and no byte of the backend reaches the client.
/// </summary>
public sealed class AuthServiceFaultTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Allowed = "HTTP/1.1 200 OK\r\nX-User: alice\r\nContent-Length: 2\r\n\r\nok";

    public static TheoryData<string, int> Answers { get; } = new()
    {
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 401 },
        { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 403 },
        { "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", 500 },
        { "HTTP/1.1 304 Not Modified\r\n\r\n", 500 },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 500 },
        { "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", 500 },
        { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 500 },
        { "nonsense\r\n\r\n", 500 },
        { "HTTP/1.1 2xx OK\r\n\r\n", 500 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 500 },
        { "HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 100_000) + "\r\n\r\n", 500 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Anything_but_a_whole_2xx_ends_before_the_backend(string answer, int status)
    {
        var (site, backend, _) = await ExposeAsync(Scripts.Answer(answer));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Post("/", "the body"));

        Assert.Equal(status, response.Status);
        Assert.DoesNotContain("protected", response.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, backend.ConnectionCount);
    }

    [Fact]
    public async Task A_service_may_die_at_every_byte_of_its_head()
    {
        var position = 0;
        var (site, backend, auth) = await ExposeAsync(connection => Scripts.CloseAt(Volatile.Read(ref position), Allowed)(connection));
        var headLength = Allowed.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        for (; position < headLength; position++)
        {
            await using var client = await ConnectAsync();
            Assert.Equal(500, (await client.ExchangeAsync(site.Post("/", "the body"))).Status);
        }
        Assert.Equal(0, backend.ConnectionCount);
        auth.Script = Scripts.Answer(Allowed);
        await using var after = await ConnectAsync();
        Assert.Equal("protected", (await after.ExchangeAsync(site.Post("/", "the body"))).Text);
        Assert.Equal("alice", Assert.Single(backend.Requests).Head["X-User"]);
    }

    [Fact]
    public async Task While_the_service_is_silent_the_backend_hears_nothing()
    {
        var allow = new TaskCompletionSource();
        var (site, backend, auth) = await ExposeAsync(Scripts.AnswerAfter(allow.Task, Allowed));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Post("/", "the body"));
        await auth.WaitForRequestsAsync(1);
        Assert.Equal(0, backend.ConnectionCount);
        allow.SetResult();
        Assert.Equal("protected", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Of_many_requests_with_one_key_one_asks_and_all_get_its_answer()
    {
        var allow = new TaskCompletionSource();
        var (site, backend, auth) = await ExposeAsync(Scripts.AnswerAfter(allow.Task, Allowed), ("auth-cache-key", "$http_x_key"));
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync()));
        await Task.WhenAll(clients.Select(client => client.SendAsync(site.Get("/", "X-Key: one"))));
        await auth.WaitForRequestsAsync(1);
        allow.SetResult();
        foreach (var client in clients)
        {
            Assert.Equal("protected", (await client.ReadResponseAsync()).Text);
            await client.DisposeAsync();
        }
        Assert.Single(auth.Requests);
        Assert.Equal(20, backend.Requests.Count);
        Assert.All(backend.Requests, request => Assert.Equal("alice", request.Head["X-User"]));
    }

    private async Task<(Site Site, ScriptedBackend Backend, ScriptedBackend Auth)> ExposeAsync(
        BackendScript service, params (string Name, string Value)[] options)
    {
        var auth = Backend(service, "auth");
        var backend = Backend(Scripts.Body("protected"));
        var annotations = new Dictionary<string, string>
        {
            ["auth-url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{auth.Port}/check"),
            ["auth-response-headers"] = "X-User",
        };
        foreach (var (name, value) in options)
        {
            annotations.Add(name, value);
        }
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = annotations });
        return (site, backend, auth);
    }
}
