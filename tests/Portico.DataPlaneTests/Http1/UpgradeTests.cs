using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Connections that leave HTTP by 101 (RFC 9110 section 7.8): WebSocket and everything like it.</summary>
public sealed class UpgradeTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

    [Fact]
    public async Task Bytes_pass_both_ways_after_the_upgrade()
    {
        var backend = Backend(Scripts.UpgradeEcho());
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get("/chat", Upgrade));
        Assert.Equal((101, "websocket"), (response.Status, response["Upgrade"]));
        Assert.Equal("upgrade", response["Connection"], ignoreCase: true);
        for (var i = 0; i < 100; i++)
        {
            var message = RandomNumberGenerator.GetBytes(1 + i);
            await client.SendAsync(message);
            Assert.Equal(message, await client.ReadBytesAsync(message.Length));
        }
        Assert.Equal("websocket", backend.Requests[0]["Upgrade"]);
        Assert.Equal("upgrade", backend.Requests[0]["Connection"], ignoreCase: true);
        Assert.Equal("dGhlIHNhbXBsZSBub25jZQ==", backend.Requests[0]["Sec-WebSocket-Key"]);
    }

    [Fact]
    public async Task Bytes_sent_together_with_the_request_are_not_lost()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.UpgradeEcho()));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get("/", Upgrade) + "eager");
        Assert.Equal(101, (await client.ReadResponseAsync()).Status);
        Assert.Equal("eager", Text.Of(await client.ReadBytesAsync(5)));
    }

    [Fact]
    public async Task Bytes_sent_together_with_the_101_are_not_lost()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello");
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(101, (await client.ExchangeAsync(site.Get("/", "Connection: Upgrade", "Upgrade: x"))).Status);
        Assert.Equal("hello", Text.Of(await client.ReadBytesAsync(5)));
    }

    [Fact]
    public async Task The_clients_half_close_reaches_the_backend_and_the_rest_still_comes_back()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
            await connection.WaitForEndAsync();
            await connection.SendAsync("after your end");
            connection.Close();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(101, (await client.ExchangeAsync(site.Get("/", "Connection: Upgrade", "Upgrade: x"))).Status);
        await client.SendAsync("last words");
        client.FinishSending();
        Assert.Equal("after your end", Text.Of(await client.ReadAllAsync()));
    }

    [Fact]
    public async Task The_backends_end_reaches_the_client_after_all_its_bytes()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
            await connection.SendAsync(new byte[1_000_000]);
            connection.Close();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(101, (await client.ExchangeAsync(site.Get("/", "Connection: Upgrade", "Upgrade: x"))).Status);
        Assert.Equal(1_000_000, (await client.ReadAllAsync()).Length);
    }

    [Fact]
    public async Task Megabytes_pass_both_ways_at_once()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.UpgradeEcho()));
        await using var client = await ConnectAsync();
        Assert.Equal(101, (await client.ExchangeAsync(site.Get("/", Upgrade))).Status);
        var sent = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        var sending = client.SendAsync(sent);
        var received = await client.ReadBytesAsync(sent.Length);
        await sending;
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(received));
    }

    [Fact]
    public async Task A_backend_that_refuses_the_upgrade_answers_as_usual()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("no upgrade here")));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync(site.Get("/", Upgrade));
            Assert.Equal((200, "no upgrade here"), (response.Status, response.Text));
        }
    }

    [Fact]
    public async Task A_101_that_nobody_asked_for_opens_no_tunnel()
    {
        var backend = Backend(Scripts.UpgradeEcho());
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task A_vanished_client_ends_the_backends_side()
    {
        var ended = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
            await connection.WaitForEndAsync();
            ended.SetResult();
        });
        var site = await Gateway.ExposeAsync(backend);
        var client = await ConnectAsync();
        Assert.Equal(101, (await client.ExchangeAsync(site.Get("/", "Connection: Upgrade", "Upgrade: x"))).Status);
        client.Reset();
        await ended.Task.Within("the backend learns that the client is gone");
    }
}
