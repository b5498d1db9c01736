using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Faults;

/// <summary>Backends that die in the middle. The client learns of it, and never takes half an answer for a whole one.</summary>
public sealed class BackendFaultTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const string WithLength = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world";
    private const string InChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n";

    public enum Ending
    {
        Close,
        Reset,
    }

    [Theory]
    [InlineData(WithLength, Ending.Close)]
    [InlineData(WithLength, Ending.Reset)]
    [InlineData(InChunks, Ending.Close)]
    [InlineData(InChunks, Ending.Reset)]
    public async Task A_backend_may_die_at_every_byte_of_its_response(string answer, Ending ending)
    {
        var position = 0;
        var backend = Backend(connection => ending == Ending.Close
            ? Scripts.CloseAt(Volatile.Read(ref position), answer)(connection)
            : Scripts.ResetAt(Volatile.Read(ref position), answer)(connection));
        var site = await Gateway.ExposeAsync(backend);
        var headLength = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        for (; position < answer.Length; position++)
        {
            await using var client = await ConnectAsync();
            await client.SendAsync(site.Post("/", "x"));
            try
            {
                var response = await client.ReadResponseAsync();
                // Only before the head is complete may the gateway still answer for itself.
                Assert.True(response.Status == 502 && position < headLength, $"at byte {position}: {response}");
            }
            catch (EndOfStreamException)
            {
                // A reset may overtake bytes that were sent before it, so the head may have got lost as well.
                Assert.True(position >= headLength, $"at byte {position} of {headLength}: the client got nothing");
            }
        }
        Assert.Equal(answer.Length, backend.Requests.Count);
        backend.Script = Scripts.Answer(answer);
        await using var after = await ConnectAsync();
        Assert.Equal("hello world", (await after.ExchangeAsync(site.Get())).Text);
    }

    [Fact]
    public async Task A_backend_that_closes_in_the_middle_of_the_request_does_not_harm_the_next_request()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadHeadAsync();
            connection.Reset();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using (var client = await ConnectAsync())
        {
            await client.TrySendAsync(Text.Bytes(site.Post("/", new string('x', 500_000))));
            Assert.Equal(502, (await client.ReadResponseAsync()).Status);
        }
        backend.Script = Scripts.Body("fine");
        await using var after = await ConnectAsync();
        Assert.Equal("fine", (await after.ExchangeAsync(site.Get())).Text);
    }

    [Fact]
    public async Task Two_responses_for_one_request_give_the_client_one()
    {
        var backend = Backend(Scripts.Answer(Scripts.Ok("first") + Scripts.Ok("second")));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("first", (await client.ExchangeAsync(site.Get())).Text);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nfffffffffffffffff\r\n")]
    public async Task Broken_chunks_of_a_backend_never_look_whole_to_the_client(string answer)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(answer)));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        try
        {
            Assert.Equal(502, (await client.ReadResponseAsync()).Status);
        }
        catch (EndOfStreamException)
        {
            // Cut in the middle: as good.
        }
    }

    [Fact]
    public async Task A_response_to_HEAD_with_a_body_does_not_reach_the_next_request()
    {
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok(request.Method == "HEAD" ? "forbidden body" : "fine"));
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Empty((await client.ExchangeAsync(site.Request("HEAD", "/", ""))).Body);
            Assert.Equal("fine", (await client.ExchangeAsync(site.Get())).Text);
        }
    }
}
