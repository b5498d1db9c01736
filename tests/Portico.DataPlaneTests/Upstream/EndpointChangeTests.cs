using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Endpoints come and go while requests are under way.</summary>
public sealed class EndpointChangeTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Fact]
    public async Task A_request_in_flight_finishes_on_the_endpoint_that_was_removed()
    {
        var answer = new TaskCompletionSource();
        var old = Backend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("from the old one")), "old");
        var fresh = Backend(Scripts.Body("from the new one"), "new");
        var site = await Gateway.ExposeAsync(old);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await old.WaitForRequestsAsync(1);
        await site.PublishAsync(fresh);
        await using (var other = await ConnectAsync())
        {
            Assert.Equal("from the new one", (await other.ExchangeAsync(site.Get())).Text);
        }
        answer.SetResult();
        Assert.Equal("from the old one", (await client.ReadResponseAsync()).Text);
        Assert.Equal("from the new one", (await client.ExchangeAsync(site.Get())).Text);
        Assert.Single(old.Requests);
    }

    [Fact]
    public async Task The_last_endpoint_gone_is_503_and_the_first_back_is_200()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
            await site.PublishAsync(Array.Empty<ScriptedBackend>());
            Assert.Equal(503, (await client.ExchangeAsync(site.Get())).Status);
            await site.PublishAsync(backend);
        }
        Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task Kept_connections_to_an_untouched_endpoint_survive_a_change()
    {
        var stays = Backend(Scripts.Echo("stays"), "stays");
        var comes = Backend(Scripts.Echo("comes"), "comes");
        var site = await Gateway.ExposeAsync(stays);
        await using var client = await ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        await site.PublishAsync(stays, comes);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }
        Assert.Equal(1, stays.ConnectionCount);
        Assert.NotEmpty(comes.Requests);
    }

    [Fact]
    public async Task Endpoints_share_the_requests_evenly()
    {
        var backends = Enumerable.Range(0, 3).Select(i => Backend(Scripts.Echo($"b{i}"), $"b{i}")).ToArray();
        var site = await Gateway.ExposeAsync(backends);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }
        Assert.All(backends, b => Assert.Equal(10, b.Requests.Count));
    }
}
