using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Access;

/// <summary>Limits hold for the process and not for a shard: four shards, two hundred connections, and a count.</summary>
public sealed class LimitExactnessTests(LimitExactnessTests.FourShards gateway) : GatewayTest<LimitExactnessTests.FourShards>(gateway)
{
    private const int Connections = 200;

    [Fact]
    public async Task One_request_and_the_burst_come_through_whatever_shard_they_meet()
    {
        // One a minute is 16 thousandths a second: within a minute not one more request is earned.
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [FourShards.At(Backend(Scripts.Body("fine")))],
            Annotations = new Dictionary<string, string> { ["limit-rpm"] = "1", ["limit-burst-multiplier"] = "300" },
        });
        var began = Environment.TickCount64;
        var statuses = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => AskAsync(site, 3)));
        var earned = (Environment.TickCount64 - began) * 16 / 1_000_000;

        var admitted = statuses.SelectMany(s => s).Count(s => s == 200);
        Assert.InRange(admitted, 301, 301 + earned);
        Assert.Equal((Connections * 3) - admitted, statuses.SelectMany(s => s).Count(s => s == 503));
    }

    [Fact]
    public async Task Rates_a_second_and_a_minute_hold_together_for_each_client_and_all_paths_of_an_Ingress()
    {
        // By the second 1 and 40 more, by the minute 1 and 2,400 more: the smaller one decides.
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [FourShards.At(Backend(Scripts.Body("fine")))],
            Annotations = new Dictionary<string, string> { ["limit-rps"] = "1", ["limit-rpm"] = "60", ["limit-burst-multiplier"] = "40" },
        });
        var began = Environment.TickCount64;
        string[] sources = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];
        var statuses = await Task.WhenAll(sources.Select(source => Task.WhenAll(Enumerable.Range(0, Connections / sources.Length).Select(_ => AskAsync(site, 3, source)))));
        var earned = ((Environment.TickCount64 - began) / 1000) + 1;

        foreach (var ofOne in statuses)
        {
            var admitted = ofOne.SelectMany(s => s).Count(s => s == 200);
            Assert.InRange(admitted, 41, 41 + earned);
            Assert.Equal((Connections / sources.Length * 3) - admitted, ofOne.SelectMany(s => s).Count(s => s == 503));
        }
    }

    [Fact]
    public async Task As_many_requests_as_allowed_are_in_progress_at_a_time()
    {
        var go = new TaskCompletionSource();
        var backend = Backend(Scripts.AnswerAfter(go.Task, Scripts.Ok("fine")));
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [FourShards.At(backend)],
            Annotations = new Dictionary<string, string> { ["limit-connections"] = "50" },
        });
        var clients = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => ConnectAsync()));
        await Task.WhenAll(clients.Select(client => client.SendAsync(site.Get())));
        await backend.WaitForRequestsAsync(50);
        var answers = clients.Select(client => client.ReadResponseAsync()).ToArray();
        // The refused have their answer before anybody of the others gets one.
        var refused = 0;
        var open = answers.ToList();
        while (refused < Connections - 50)
        {
            var next = await Task.WhenAny(open);
            open.Remove(next);
            Assert.Equal(503, (await next).Status);
            refused++;
        }
        go.SetResult();
        Assert.All(await Task.WhenAll(open), response => Assert.Equal(200, response.Status));
        Assert.Equal(50, backend.Requests.Count);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
        // Whoever has left counts no longer.
        await using var after = await ConnectAsync();
        Assert.Equal(200, (await after.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task Whoever_has_an_answer_may_ask_again_at_once_on_another_connection()
    {
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [FourShards.At(Backend(Scripts.Body("fine")))],
            Annotations = new Dictionary<string, string> { ["limit-connections"] = "1" },
        });
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal(200, (await AskAsync(site, 1))[0]);
        }
    }

    private async Task<int[]> AskAsync(Site site, int times, string source = "127.0.0.1")
    {
        await using var client = await Gateway.ConnectAsync(IPAddress.Parse(source));
        var statuses = new int[times];
        for (var i = 0; i < times; i++)
        {
            statuses[i] = (await client.ExchangeAsync(site.Get())).Status;
        }
        return statuses;
    }

    public sealed class FourShards : Gateway
    {
        protected override PorticoOptions Options => base.Options with { Arguments = ["--shards", "4"] };
    }
}
