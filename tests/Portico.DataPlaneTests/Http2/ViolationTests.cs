using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Every violation ends as the RFC demands, no backend hears of it, and the gateway goes on.</summary>
public sealed class ViolationTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    public static TheoryData<string> Names => [.. Violations.All.Select(v => v.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_violation_is_answered_with_its_code(string name)
    {
        var violation = Violations.All.Single(v => v.ToString() == name);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.TrySendAsync(violation.Frames);
        var type = violation.Stream == 0 ? FrameType.GoAway : FrameType.Reset;
        var answer = await client.ReadUntilAsync(f => f.Type is FrameType.GoAway or FrameType.Reset || (f.Type == FrameType.Headers && f.Stream == violation.Stream));
        Assert.Equal((type, violation.Error, violation.Stream), (answer.Type, answer.Error, answer.Stream));
        if (violation.Stream == 0)
        {
            await client.ReadToEndAsync();
        }
        else
        {
            // Only the stream ended.
            Assert.Equal(404, (await client.GetAsync(101, "nobody.test")).Status);
        }
    }

    [Fact]
    public async Task No_two_violations_have_one_name()
    {
        Assert.Equal(Violations.All.Count, Violations.All.Select(v => v.ToString()).Distinct().Count());
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h.test\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]
    public async Task Whoever_agreed_on_h2_and_sends_no_preface_is_told_so(string bytes)
    {
        await using var client = new RawHttp2Client(await Gateway.Process.ConnectTlsAsync("h.test", "h2"));
        Assert.Equal("h2", client.Wire.Alpn);
        await client.Wire.SendAsync(bytes);
        var goAway = await client.ReadUntilAsync(f => f.Type == FrameType.GoAway);
        Assert.Equal(Http2Error.ProtocolError, goAway.Error);
    }

    [Fact]
    public async Task A_connection_that_does_not_begin_with_SETTINGS_is_ended()
    {
        await using var client = new RawHttp2Client(await Gateway.ConnectAsync());
        await client.Wire.SendAsync(Http2Bytes.Preface);
        await client.SendAsync(new Http2Bytes().Get(1));
        Assert.Equal(Http2Error.ProtocolError, (await client.ReadUntilAsync(f => f.Type == FrameType.GoAway)).Error);
    }
}
