using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests;

/// <summary>
/// The promise that a request allocates nothing in the steady state, measured where it counts: on the shard's own thread, with routing,
/// forwarded headers, access log and metrics on.
/// </summary>
[Collection(Alone.Name)]
public class AllocationTests
{
    private const string Browser =
        "GET /coffee/a%20b/../c?x=1 HTTP/1.1\r\nHost: Cafe.Example.com\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        + "Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\nCookie: session=0123456789abcdef\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";

    public static TheoryData<string, string, AllocationBackend.Answer> Exchanges => new()
    {
        { "a browser's GET", Browser, AllocationBackend.Answer.Announced },
        { "a GET with a chunked answer", Browser, AllocationBackend.Answer.Chunked },
        { "a GET whose answer pauses", Browser, AllocationBackend.Answer.Pausing },
        { "a large answer", Browser, AllocationBackend.Answer.Large },
        { "a HEAD", "HEAD / HTTP/1.1\r\nHost: cafe.example.com\r\n\r\n", AllocationBackend.Answer.Nothing },
        { "a POST with a length", "POST /coffee HTTP/1.1\r\nHost: cafe.example.com\r\nContent-Length: 10\r\n\r\n0123456789", AllocationBackend.Answer.Announced },
        {
            "a chunked POST", "POST /coffee HTTP/1.1\r\nHost: cafe.example.com\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
            AllocationBackend.Answer.Announced
        },
        { "a POST beyond the buffer", "POST /stream HTTP/1.1\r\nHost: cafe.example.com\r\nContent-Length: 100000\r\n\r\n" + new string('x', 100_000), AllocationBackend.Answer.Announced },
        { "a request that no host claims", "GET / HTTP/1.1\r\nHost: nobody.example.com\r\n\r\n", AllocationBackend.Answer.Nothing },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_request_allocates_nothing_in_the_steady_state(string name, string request, AllocationBackend.Answer answer)
    {
        await using var gateway = await AllocationGateway.StartAsync(answer);
        using var clients = new AllocationClients(gateway.Port, Text.Bytes(request));
        var perRequest = await AllocationMeasurement.BytesARequestAsync(gateway, clients);

        Assert.True(perRequest < 0.5, $"{name}: {perRequest:F2} bytes a request");
        Assert.Equal(clients.Responses, await gateway.RequestsAsync());
        Assert.Equal("", gateway.Errors);
    }
}
