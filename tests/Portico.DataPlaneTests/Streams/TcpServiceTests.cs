using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Streams;

/// <summary>TCP services over real sockets: bytes, ends, faults, and configuration that comes and goes under open connections.</summary>
public class TcpServiceTests(StreamGateway gateway) : GatewayTest<StreamGateway>(gateway), IClassFixture<StreamGateway>
{
    private static readonly byte[] Bulk = CreateBulk(8 * 1024 * 1024);

    [Fact]
    public async Task Small_messages_go_back_and_forth()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        await using var client = await RawClient.ConnectAsync(at);
        for (var i = 0; i < 100; i++)
        {
            await client.SendAsync("ping");
            Assert.Equal("ping"u8.ToArray(), await client.ReadBytesAsync(4));
        }
    }

    [Fact]
    public async Task Bulk_arrives_whole_in_both_directions()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        await using var client = await RawClient.ConnectAsync(at);
        var sending = client.SendPatientlyAsync(Bulk);
        var received = await client.ReadBytesAsync(Bulk.Length);
        await sending;
        Assert.True(received.AsSpan().SequenceEqual(Bulk));
    }

    [Fact]
    public async Task A_side_that_has_finished_still_hears_the_other()
    {
        var at = await ExposeAsync(async connection =>
        {
            var all = new MemoryStream();
            await connection.ReadUntilEndAsync(piece =>
            {
                all.Write(piece.Span);
                return Task.CompletedTask;
            });
            await connection.SendAsync($"got {all.Length}");
            connection.Close();
        });
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("question");
        client.FinishSending();
        Assert.Equal("got 8", Text.Of(await client.ReadAllAsync()));
    }

    [Fact]
    public async Task A_backend_that_finishes_first_still_hears_the_client()
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var at = await ExposeAsync(async connection =>
        {
            _ = await connection.ReadBytesAsync(1);
            connection.FinishSending();
            heard.SetResult(Text.Of(await connection.ReadBytesAsync(4)));
            connection.Close();
        });
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("x");
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
        await client.SendAsync("late");
        Assert.Equal("late", await heard.Task.Within("the backend hears the client"));
    }

    [Fact]
    public async Task A_reset_of_the_backend_ends_the_client()
    {
        var at = await ExposeAsync(async connection =>
        {
            _ = await connection.ReadBytesAsync(1);
            connection.Reset();
        });
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("x");
        Assert.NotEqual(StreamEnd.Open, await client.ReadEndAsync());
        await Eventually.TrueAsync(async () => !await client.TrySendAsync("more"u8.ToArray()), "the client cannot send any more");
    }

    [Fact]
    public async Task A_reset_of_the_client_reaches_the_backend_as_a_reset()
    {
        var ended = new TaskCompletionSource<StreamEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var at = await ExposeAsync(async connection =>
        {
            _ = await connection.ReadBytesAsync(1);
            await connection.SendAsync("y");
            ended.SetResult(await connection.WaitForEndAsync());
        });
        var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("x");
        _ = await client.ReadBytesAsync(1);
        client.Reset();
        Assert.Equal(StreamEnd.Reset, await ended.Task.Within("the backend sees the end"));
    }

    [Fact]
    public async Task An_endpoint_that_refuses_is_passed_over()
    {
        var at = await Gateway.ExposeTcpAsync("", Gateways.Gateway.Nobody, Gateways.Gateway.At(Backend(StreamScripts.Echo)), Gateways.Gateway.Nobody);
        for (var i = 0; i < 6; i++)
        {
            await using var client = await RawClient.ConnectAsync(at);
            await client.SendAsync("ping");
            Assert.Equal("ping"u8.ToArray(), await client.ReadBytesAsync(4));
        }
    }

    [Fact]
    public async Task With_nobody_there_the_connection_is_closed()
    {
        var at = await Gateway.ExposeTcpAsync("", Gateways.Gateway.Nobody, Gateways.Gateway.Nobody);
        await using var client = await RawClient.ConnectAsync(at);
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
    }

    [Fact]
    public async Task An_open_connection_survives_the_removal_of_its_entry_and_the_port_closes()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("before");
        Assert.Equal("before"u8.ToArray(), await client.ReadBytesAsync(6));
        Gateway.Remove(at);
        await Eventually.TrueAsync(async () => !await StreamGateway.AcceptsAsync(at), "the port refuses");
        await client.SendAsync("after");
        Assert.Equal("after"u8.ToArray(), await client.ReadBytesAsync(5));
    }

    [Fact]
    public async Task An_open_connection_survives_the_removal_of_its_endpoint_and_new_ones_go_elsewhere()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync("x");
        _ = await client.ReadBytesAsync(1);
        var other = Backend(async connection =>
        {
            _ = await connection.ReadBytesAsync(1);
            await connection.SendAsync("other");
        });
        Gateway.SetEndpoints(at, "TCP", Gateways.Gateway.At(other));
        await Eventually.TrueAsync(
            async () =>
            {
                await using var probe = await RawClient.ConnectAsync(at);
                await probe.SendAsync("x");
                return (await probe.ReadBytesAsync(1))[0] == 'o';
            },
            "new connections reach the new endpoint");
        await client.SendAsync("still");
        Assert.Equal("still"u8.ToArray(), await client.ReadBytesAsync(5));
    }

    [Fact]
    public async Task A_thousand_connections_live_through_changes_of_other_entries()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        var clients = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => RawClient.ConnectAsync(at)));
        for (var round = 0; round < 5; round++)
        {
            var other = await ExposeAsync(StreamScripts.Echo);
            await Task.WhenAll(clients.Select(async client =>
            {
                await client.SendAsync("ping");
                Assert.Equal("ping"u8.ToArray(), await client.ReadBytesAsync(4));
            }));
            Gateway.Remove(other);
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_PROXY_header_is_demanded_and_taken_off()
    {
        var at = await ExposeAsync(StreamScripts.Echo, ":PROXY");
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendByteByByteAsync("PROXY TCP4 203.0.113.7 127.0.0.1 5555 80\r\nhello"u8.ToArray());
        Assert.Equal("hello"u8.ToArray(), await client.ReadBytesAsync(5));
        await using var without = await RawClient.ConnectAsync(at);
        await without.TrySendAsync("hello"u8.ToArray());
        Assert.NotEqual(StreamEnd.Open, await without.ReadEndAsync());
    }

    [Fact]
    public async Task A_PROXY_header_is_sent_with_the_address_of_the_client()
    {
        var backend = Backend(StreamScripts.Echo);
        var at = await Gateway.ExposeTcpAsync("::PROXY", Gateways.Gateway.At(backend));
        await using var client = await RawClient.ConnectAsync(at, IPAddress.Parse("127.0.0.9"));
        await client.SendAsync("x");
        var expected = $"PROXY TCP4 127.0.0.9 127.0.0.1 {client.Local.Port} {at.Port}\r\nx";
        Assert.Equal(expected, Text.Of(await client.ReadBytesAsync(expected.Length)));
    }

    [Fact]
    public async Task A_port_that_somebody_has_is_told_and_opened_with_a_later_change()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var at = new IPEndPoint(IPAddress.Loopback, port);
        Gateway.AddTcp(port, Gateways.Gateway.At(Backend(StreamScripts.Echo)));
        await Eventually.TrueAsync(() => Gateway.Process.Output.Contains($"cannot listen on tcp {port}", StringComparison.Ordinal), "the log tells it");
        Assert.Equal(1, (await Gateway.Process.ReadMetricsAsync()).Sum("portico_ports_not_opened"));
        taken.Dispose();
        _ = await ExposeAsync(StreamScripts.Echo);
        await Eventually.TrueAsync(() => StreamGateway.AcceptsAsync(at), "the port opens");
    }

    [Fact]
    public async Task A_session_leaves_a_line_in_the_log()
    {
        var at = await ExposeAsync(StreamScripts.Echo);
        await using (var client = await RawClient.ConnectAsync(at, IPAddress.Parse("127.0.0.77")))
        {
            await client.SendAsync("12345");
            _ = await client.ReadBytesAsync(5);
        }

        await Eventually.TrueAsync(
            () => Gateway.Process.Output.Split('\n').Any(line => line.StartsWith("[127.0.0.77] [", StringComparison.Ordinal) && line.Contains("] TCP 200 5 5 ", StringComparison.Ordinal)),
            "the line is written");
    }

    private Task<IPEndPoint> ExposeAsync(BackendScript script, string fields = "") => Gateway.ExposeTcpAsync(fields, Gateways.Gateway.At(Backend(script)));

    private static byte[] CreateBulk(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
