using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Connections to backends are used again, and one that died while idle costs no client anything.</summary>
public sealed class PoolTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Fact]
    public async Task Connections_opened_refused_and_used_again_are_counted()
    {
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateways.Gateway.Nobody, Gateways.Gateway.At(Backend(Scripts.Echo("a")))] });
        await using var client = await ConnectAsync();
        var before = await Gateway.Process.ReadMetricsAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }

        // Other tests share the gateway: their connections are counted too.
        var after = await Gateway.Process.ReadMetricsAsync();
        AssertGrown("portico_backend_connects_total", 1);
        AssertGrown("portico_backend_connections_reused_total", 19);
        AssertGrown("portico_backend_connect_failures_total", 1);
        AssertGrown("portico_backend_retries_total", 1);

        void AssertGrown(string counter, int atLeast) => Assert.True(after.Sum(counter) - before.Sum(counter) >= atLeast, counter);
    }

    [Fact]
    public async Task Requests_one_after_another_share_one_backend_connection_per_thread()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }
        // One client connection stays on one thread, which has one connection to keep.
        Assert.Equal(1, backend.ConnectionCount);
    }

    [Fact]
    public async Task Many_client_connections_do_not_need_as_many_backend_connections()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        for (var i = 0; i < 100; i++)
        {
            await using var client = await ConnectAsync();
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }
        Assert.InRange(backend.ConnectionCount, 1, Environment.ProcessorCount);
    }

    [Fact]
    public async Task A_backend_connection_is_free_again_after_every_kind_of_framing()
    {
        var answers = new Queue<string>([
            Scripts.Ok("length"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            Scripts.Ok("last"),
        ]);
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answers.Dequeue());
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        foreach (var status in new[] { 200, 200, 204, 304, 404, 200 })
        {
            Assert.Equal(status, (await client.ExchangeAsync(site.Get())).Status);
        }
        Assert.Equal(1, backend.ConnectionCount);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task A_backend_that_closes_its_connection_after_each_answer_costs_the_client_nothing(string method)
    {
        // It says nothing of it (no Connection: close), just closes while the connection is idle.
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok("ok"));
            connection.Close();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            await client.SendAsync(site.Request(method, "/", "x"));
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            // Until the backend's end has reached the gateway's kernel; what then remains is the gateway's to see.
            await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the backend has closed");
        }
        Assert.Equal(100, backend.Requests.Count);
    }

    [Fact]
    public async Task A_backend_that_closes_a_kept_connection_on_the_next_request_is_asked_again_for_GET_but_not_for_POST()
    {
        // The race that every proxy has: the request is on its way when the backend gives the idle connection up.
        BackendScript oncePerConnection = async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.RequestCount > 1)
            {
                connection.Close();
                return;
            }
            await connection.SendAsync(Scripts.Ok("ok"));
        };
        var backend = Backend(oncePerConnection);
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        }
        var before = backend.Requests.Count;
        var post = await client.ExchangeAsync(site.Post("/", "once"));
        Assert.Equal(502, post.Status);
        Assert.Equal(before + 1, backend.Requests.Count);
    }

    [Fact]
    public async Task A_kept_connection_with_unasked_bytes_is_not_used_again()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok("mine") + "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned");
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal("mine", (await client.ExchangeAsync(site.Get())).Text);
        }
        Assert.Equal(20, backend.ConnectionCount);
    }

    [Fact]
    public async Task An_answer_before_its_request_is_not_given_to_anybody()
    {
        var gate = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok("mine"));
            await gate.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned");
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal("mine", (await client.ExchangeAsync(site.Get())).Text);
        gate.SetResult();
        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the gateway gives up a connection that speaks unasked");
        Assert.Equal("mine", (await client.ExchangeAsync(site.Get())).Text);
    }
}
