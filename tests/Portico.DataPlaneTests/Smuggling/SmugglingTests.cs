using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>
/// Requests that a chain of servers could understand in two ways. The gateway refuses them, or passes on exactly one
/// request that nobody can misread; what follows on the connection is never taken for part of them.
/// </summary>
public sealed class SmugglingTests(SmugglingGateway gateway) : GatewayTest<SmugglingGateway>(gateway)
{
    private const string Good = "GET /good HTTP/1.1\r\nHost: h.test\r\n\r\n";

    private readonly int _requestsBefore = gateway.Backend.Requests.Count;
    private readonly int _violationsBefore = gateway.Backend.Violations.Count;

    public static TheoryData<string> Names { get; } = [.. Suspects.ByName.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Alone(string name)
    {
        var suspect = Suspects.ByName[name];
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(suspect.Bytes));
        await JudgeAsync(client, suspect, []);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Behind_a_good_request(string name)
    {
        var suspect = Suspects.ByName[name];
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(Good + suspect.Bytes));
        var good = await client.ReadResponseAsync();
        Assert.Equal((200, "/good"), (good.Status, good["X-Target"]));
        await JudgeAsync(client, suspect, ["/good"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Byte_by_byte(string name)
    {
        var suspect = Suspects.ByName[name];
        // What is refused is refused for its beginning: the long tails would only cost time.
        var bytes = Text.Bytes(suspect.Bytes);
        Assert.SkipWhen(bytes.Length > 1500, "too long to send byte by byte");
        await using var client = await ConnectAsync();
        await client.SendByteByByteAsync(bytes);
        await JudgeAsync(client, suspect, []);
    }

    private async Task JudgeAsync(RawClient client, Suspect suspect, List<string> expectedTargets)
    {
        var verdict = suspect.Verdict;
        var response = await client.ReadResponseAsync();
        if (verdict.Served is { } served && response.Status == 200)
        {
            expectedTargets.Add(response["X-Target"]!);
            AssertServed(served, response);
            if (!response.AnnouncesClose)
            {
                await AssertNextRequestIsReadRightAsync(client, expectedTargets);
            }
        }
        else
        {
            Assert.Contains(response.Status, verdict.Refusals);
            await AssertEndsAsync(client, verdict, response, expectedTargets);
        }
        await AssertNothingElseReachedTheBackendAsync(verdict, expectedTargets);
    }

    private void AssertServed(Served expected, Response response)
    {
        var seen = Gateway.Backend.Requests.Skip(_requestsBefore).Last(r => r.Target != "/good");
        Assert.Equal((expected.Method, expected.Body), (seen.Method, Text.Of(seen.Body)));
        Assert.StartsWith(expected.Target.Split('#')[0], seen.Target, StringComparison.Ordinal);
        Assert.Equal(expected.Body, response.Text);
        Assert.Empty(seen.Trailers);
        foreach (var dropped in new[] { "Content_Length", "Transfer_Encoding", "X!A*", "X-Smuggled" })
        {
            Assert.False(seen.Head.Has(dropped), $"{dropped} reached the backend");
        }
    }

    private static async Task AssertNextRequestIsReadRightAsync(RawClient client, List<string> expectedTargets)
    {
        var next = await client.ExchangeAsync(Good);
        Assert.Equal((200, "/good"), (next.Status, next["X-Target"]));
        expectedTargets.Add("/good");
    }

    private static async Task AssertEndsAsync(RawClient client, Verdict verdict, Response response, List<string> expectedTargets)
    {
        if (verdict.Closes || response.AnnouncesClose)
        {
            Assert.True(response.AnnouncesClose, "a refusal that closes says Connection: close");
            await client.ReadEndAsync();
        }
        else
        {
            await AssertNextRequestIsReadRightAsync(client, expectedTargets);
        }
    }

    private async Task AssertNothingElseReachedTheBackendAsync(Verdict verdict, List<string> expectedTargets)
    {
        // A request of another client, so that anything on its way to the backend has arrived too.
        await using var fence = await ConnectAsync();
        Assert.Equal(200, (await fence.ExchangeAsync("GET /fence HTTP/1.1\r\nHost: h.test\r\n\r\n")).Status);
        var seen = Gateway.Backend.Requests.Skip(_requestsBefore).Where(r => r.IsComplete || !verdict.FaultInBody);
        Assert.Equal([.. expectedTargets, "/fence"], seen.Select(r => r.Target));
        Assert.Equal(_violationsBefore, Gateway.Backend.Violations.Count);
    }
}
