using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Streams;

/// <summary>UDP services over real sockets.</summary>
public class UdpServiceTests(StreamGateway gateway) : GatewayTest<StreamGateway>(gateway), IClassFixture<StreamGateway>
{
    [Fact]
    public async Task Questions_are_answered_again_and_again()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        using var client = Client(at);
        for (var i = 0; i < 50; i++)
        {
            var question = new byte[i * 20];
            question.AsSpan().Fill((byte)i);
            await client.SendAsync(question);
            Assert.Equal(question, await ReceiveAsync(client));
        }
    }

    [Fact]
    public async Task Many_clients_get_their_own_answers()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var client = Client(at);
            var question = BitConverter.GetBytes(i);
            await client.SendAsync(question);
            Assert.Equal(question, await ReceiveAsync(client));
        }));
    }

    [Fact]
    public async Task The_largest_datagram_passes()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        using var client = Client(at);
        var question = new byte[65_507];
        new Random(3).NextBytes(question);
        await client.SendAsync(question);
        Assert.Equal(question, await ReceiveAsync(client));
    }

    [Fact]
    public async Task Only_as_many_answers_come_as_proxy_stream_responses_says()
    {
        await using var backend = new DatagramBackend(3);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        using var client = Client(at);
        await client.SendAsync("one"u8.ToArray());
        Assert.Equal("one"u8.ToArray(), await ReceiveAsync(client));
        await Eventually.TrueAsync(async () => (await Gateway.Process.ReadMetricsAsync()).Sum("portico_datagrams_dropped_total") >= 2, "the others are dropped");
        Assert.Equal(0, client.Available);
    }

    [Fact]
    public async Task Endpoints_take_turns()
    {
        await using var first = new DatagramBackend(1, "1");
        await using var second = new DatagramBackend(1, "2");
        var at = await Gateway.ExposeUdpAsync(first.EndPoint, second.EndPoint);
        using var client = Client(at);
        var answers = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            await client.SendAsync("x"u8.ToArray());
            answers.Add(Text.Of(await ReceiveAsync(client)));
        }

        Assert.Equal(5, answers.Count(a => a == "x1"));
        Assert.Equal(5, answers.Count(a => a == "x2"));
    }

    [Fact]
    public async Task A_client_goes_on_when_an_endpoint_is_gone()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(Gateways.Gateway.Nobody);
        using var client = Client(at);
        await client.SendAsync("lost"u8.ToArray());
        await Eventually.TrueAsync(async () => (await Gateway.Process.ReadMetricsAsync()).Sum("portico_stream_connect_failures_total") >= 1, "the refusal is noticed");
        Gateway.SetEndpoints(at, "UDP", backend.EndPoint);
        await Eventually.TrueAsync(
            async () =>
            {
                await client.SendAsync("found"u8.ToArray());
                using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
                try
                {
                    return (await client.ReceiveAsync(new byte[100], limit.Token)) == 5;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            },
            "the new endpoint answers");
    }

    [Fact]
    public async Task A_removed_entry_closes_its_port()
    {
        await using var backend = new DatagramBackend(1);
        var at = await Gateway.ExposeUdpAsync(backend.EndPoint);
        Gateway.Remove(at);
        await Eventually.TrueAsync(
            async () =>
            {
                // Refused (ICMP) instead of answered. A datagram that a socket took with it when it was closed is neither: asked again.
                using var client = Client(at);
                using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
                try
                {
                    await client.SendAsync("x"u8.ToArray());
                    await client.ReceiveAsync(new byte[10], limit.Token);
                    return false;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
                catch (SocketException)
                {
                    return true;
                }
            },
            "the port refuses");
    }

    private static Socket Client(IPEndPoint at)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(at);
        return client;
    }

    private static async Task<byte[]> ReceiveAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(Limits.Step);
        var room = new byte[65_536];
        return room[..await client.ReceiveAsync(room, limit.Token)];
    }
}
