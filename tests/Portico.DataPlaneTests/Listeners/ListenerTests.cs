using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.DataPlaneTests.Streams;
using Portico.TestKit.Backends;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Listeners;

/// <summary>A gateway that listens as its ConfigMap says, and writes which of its addresses a request came to.</summary>
public abstract class ListeningGateway(string? addresses) : StreamGateway
{
    protected override PorticoOptions Options => base.Options with { BindAddress = null, ConfigMap = Keys() };

    private Dictionary<string, string> Keys()
    {
        var keys = new Dictionary<string, string> { ["log-format-upstream"] = "came from $remote_addr to $server_addr port $server_port" };
        if (addresses is not null)
        {
            keys["bind-address"] = addresses;
        }

        return keys;
    }
}

public sealed class BothFamiliesGateway() : ListeningGateway("127.0.0.1,::1");

public sealed class EverywhereGateway() : ListeningGateway(null);

/// <summary>Ports on IPv6 beside those on IPv4.</summary>
public sealed class BothFamiliesTests(BothFamiliesGateway gateway) : GatewayTest<BothFamiliesGateway>(gateway)
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task HTTP_is_served_and_the_log_names_both_ends(string address)
    {
        var site = await Gateway.ExposeAsync(Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok(request["X-Forwarded-For"] ?? "nobody"));
        }));
        var port = Gateway.Process.HttpEndPoint.Port;
        await using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port));
        Assert.Equal(address, (await client.ExchangeAsync(site.Get())).Text);
        await Eventually.TrueAsync(
            () => Gateway.Process.Output.Contains($"came from {address} to {address} port {port}", StringComparison.Ordinal), "the line is written");
    }

    [Fact]
    public async Task A_TCP_service_is_there_too_and_tells_the_client_by_the_PROXY_protocol()
    {
        var at = await Gateway.ExposeTcpAsync("::PROXY", Gateways.Gateway.At(Backend(StreamScripts.Echo)));
        await using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, at.Port));
        await client.SendAsync("x");
        var expected = $"PROXY TCP6 ::1 ::1 {client.Local.Port} {at.Port}\r\nx";
        Assert.Equal(expected, Text.Of(await client.ReadBytesAsync(expected.Length)));
    }

    [Fact]
    public async Task A_UDP_service_is_there_too()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        await UdpAnswers.ComeBackAsync(new IPEndPoint(IPAddress.IPv6Loopback, at.Port));
    }
}

/// <summary>Without <c>bind-address</c>: all addresses.</summary>
public sealed class EverywhereTests(EverywhereGateway gateway) : GatewayTest<EverywhereGateway>(gateway)
{
    [Fact]
    public async Task The_log_names_the_address_that_a_client_came_to()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("fine")));
        var port = Gateway.Process.HttpEndPoint.Port;
        await using var client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Parse("127.0.0.5"), port), IPAddress.Parse("127.0.0.6"));
        Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        await Eventually.TrueAsync(
            () => Gateway.Process.Output.Contains($"came from 127.0.0.6 to 127.0.0.5 port {port}", StringComparison.Ordinal), "the line is written");
    }

    [Theory]
    [InlineData("127.0.0.5")]
    [InlineData("127.1.2.3")]
    [InlineData("::1")]
    public async Task Datagrams_are_answered_from_the_address_that_was_asked(string address)
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        await UdpAnswers.ComeBackAsync(new IPEndPoint(IPAddress.Parse(address), at.Port));
    }
}

internal static class UdpAnswers
{
    /// <summary>A connected socket hears only the address that it asked.</summary>
    public static async Task ComeBackAsync(IPEndPoint at)
    {
        using var client = new Socket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(at);
        for (var i = 0; i < 10; i++)
        {
            var question = BitConverter.GetBytes(i);
            await client.SendAsync(question);
            var answer = new byte[100];
            Assert.Equal(question, answer[..await client.ReceiveAsync(answer).Within("the answer comes")]);
        }
    }
}
