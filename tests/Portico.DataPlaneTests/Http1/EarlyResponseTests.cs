using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>A backend that answers while the request is still being sent (proxy-request-buffering off, so that it can).</summary>
public sealed class EarlyResponseTests(EarlyResponseTests.StreamingGateway gateway) : GatewayTest<EarlyResponseTests.StreamingGateway>(gateway)
{
    [Fact]
    public async Task The_answer_comes_before_the_client_has_sent_its_body()
    {
        var backend = Backend(Scripts.AnswerBeforeBody("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: 100000\r\n\r\nbeginning");
        var response = await client.ReadResponseAsync();
        Assert.Equal((403, "no"), (response.Status, response.Text));
    }

    [Fact]
    public async Task After_an_early_answer_the_connection_serves_on_or_ends_but_never_mixes_body_and_requests()
    {
        var backend = Backend(Scripts.AnswerBeforeBody("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
        var site = await Gateway.ExposeAsync(backend);
        var smuggled = site.Get("/smuggled");
        await using var client = await ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: {smuggled.Length}\r\n\r\n");
        Assert.Equal(403, (await client.ReadResponseAsync()).Status);
        await client.TrySendAsync(Text.Bytes(smuggled));
        await client.TrySendAsync(Text.Bytes(site.Get("/after")));
        try
        {
            Assert.Equal(403, (await client.ReadResponseAsync()).Status);
            Assert.Contains(backend.Requests, r => r.Target == "/after");
        }
        catch (EndOfStreamException)
        {
            // Closing is the other right way.
        }
        Assert.DoesNotContain(backend.Requests, r => r.Target == "/smuggled");
        Assert.Empty(backend.Violations);
    }

    [Fact]
    public async Task A_backend_that_answers_and_closes_without_reading_the_body_is_heard()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
            connection.FinishSending();
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(site.Post("/", new string('x', 300_000))));
        var response = await client.ReadResponseAsync();
        Assert.Equal((413, "big"), (response.Status, response.Text));
    }

    [Fact]
    public async Task A_body_in_flight_reaches_the_backend_piece_by_piece()
    {
        var gotFirst = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadHeadAsync();
            await connection.ReadBodyAsync(request, _ =>
            {
                gotFirst.TrySetResult();
                return Task.CompletedTask;
            });
            await connection.SendAsync(Scripts.Ok(Text.Of(request.Body)));
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        await gotFirst.Task.Within("the first chunk reaches the backend");
        await client.SendAsync("6\r\nsecond\r\n0\r\n\r\n");
        Assert.Equal("firstsecond", (await client.ReadResponseAsync()).Text);
        Assert.Empty(backend.Violations);
    }

    public sealed class StreamingGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap => new Dictionary<string, string> { ["proxy-request-buffering"] = "off" };
    }
}
