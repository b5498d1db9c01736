using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Access;

/// <summary>
/// The property that guards everything behind an authentication service, for every way in which a service can fail, both versions of HTTP in
/// front, and every kind of request body: short of a whole 2xx head the backend is not even connected to, and the client gets none of its bytes.
/// </summary>
public sealed class AuthServiceBodyTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Allowed = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Secret = "protected";

    private static readonly string[] Bodies = ["", "the body", new('x', 200_000)];

    public static TheoryData<string> Faults { get; } =
    [
        "denies", "forbids", "redirects", "breaks", "answers nonsense", "ends before its head", "ends within its head", "resets within its head", "drips a denial", "has too long a head",
        "has two lengths", "switches protocols", "is not there", "has no endpoint",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task No_byte_passes_in_either_direction(string fault)
    {
        var backend = Backend(Scripts.Body(Secret));
        var auth = Backend(ScriptOf(fault), "auth");
        var site = await ExposeAsync(backend, fault switch
        {
            "is not there" => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Gateways.Gateway.Nobody.Port}/check"),
            "has no endpoint" => "http://nobody.default.svc/check",
            _ => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{auth.Port}/check"),
        });
        foreach (var body in Bodies)
        {
            foreach (var chunked in (bool[])[false, true])
            {
                AssertNothingPassed(await AskHttp1Async(site, body, chunked), backend, fault);
                AssertNothingPassed(await AskHttp2Async(site, body, announced: !chunked), backend, fault);
            }
        }

        if (auth.Requests.Count > 0)
        {
            // The same routes, the same connections, and a service that agrees: now everything passes, once.
            auth.Script = Scripts.Answer(Allowed);
            Assert.Equal((200, Secret), await AskHttp1Async(site, "the body", chunked: true));
            Assert.Equal((200, Secret), await AskHttp2Async(site, "the body", announced: true));
            Assert.Equal(["the body", "the body"], backend.Requests.Select(r => Text.Of(r.Body)));
        }
    }

    private static void AssertNothingPassed((int Status, string Text) answer, ScriptedBackend backend, string fault)
    {
        Assert.Contains(answer.Status, fault switch { "denies" => [401], "forbids" or "drips a denial" => [403], _ => (int[])[500] });
        Assert.DoesNotContain(Secret, answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, backend.ConnectionCount);
    }

    private static BackendScript ScriptOf(string fault) => fault switch
    {
        "denies" => Scripts.Answer("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
        "forbids" => Scripts.Answer("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
        "redirects" => Scripts.Answer("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
        "breaks" => Scripts.Answer("HTTP/1.1 503 Broken\r\nContent-Length: 0\r\n\r\n"),
        "answers nonsense" => Scripts.Answer("nonsense\r\n\r\n"),
        "ends before its head" => Scripts.CloseAt(0, Allowed),
        "ends within its head" => Scripts.CloseAt(30, Allowed),
        "resets within its head" => Scripts.ResetAt(20, Allowed),
        "has too long a head" => Scripts.Answer("HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 100_000) + "\r\n\r\n"),
        "has two lengths" => Scripts.Answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok"),
        "switches protocols" => Scripts.Answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        _ => async connection =>
        {
            await connection.ReadRequestAsync();
            foreach (var piece in Text.Bytes("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").Chunk(5))
            {
                await connection.SendAsync(piece);
                await Task.Yield();
            }
        },
    };

    /// <summary>The answer may come before the body is sent to its end, and the connection closes then.</summary>
    private async Task<(int Status, string Text)> AskHttp1Async(Site site, string body, bool chunked)
    {
        await using var client = await ConnectAsync();
        var head = chunked ? "Transfer-Encoding: chunked" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}");
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\n{head}\r\n\r\n");
        var sent = client.TrySendAsync(Text.Bytes(!chunked ? body : body.Length == 0 ? "0\r\n\r\n" : string.Create(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n")));
        var response = await client.ReadResponseAsync();
        await sent;
        return (response.Status, response.Text);
    }

    private async Task<(int Status, string Text)> AskHttp2Async(Site site, string body, bool announced)
    {
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        // Within the windows that a client has from the start.
        var text = body.Length > 60_000 ? body[..60_000] : body;
        (string, string)[] length = announced ? [("content-length", text.Length.ToString(CultureInfo.InvariantCulture))] : [];
        var bytes = new Http2Bytes().Headers(1, FrameFlag.EndHeaders, [.. Http2Bytes.Request("POST", "/", site.Host), .. length]);
        foreach (var piece in text.Chunk(16_000))
        {
            bytes.Data(1, new string(piece));
        }

        await client.SendAsync(bytes.Frame(FrameType.Data, FrameFlag.EndStream, 1, []));
        var response = await client.ReadResponseAsync(1);
        return (response.Status, response.Text);
    }

    private Task<Site> ExposeAsync(ScriptedBackend backend, string url) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateways.Gateway.At(backend)],
        Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/auth-url"] = url },
    });
}
