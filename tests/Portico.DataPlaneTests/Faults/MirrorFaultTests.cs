using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Faults;

/// <summary>Places for copies that are dead, slow, huge or broken: requests and their connections know nothing of it.</summary>
public sealed class MirrorFaultTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    /// <summary>More than a shard carries copies at once.</summary>
    private const int Requests = 600;

    public static TheoryData<string> Faults { get; } =
        ["is not there", "is silent", "never reads", "answers without an end", "drips", "closes", "resets", "answers nonsense", "has a huge head"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Requests_are_answered_as_if_there_were_no_copy(string fault)
    {
        var backend = Backend(Scripts.Echo("a"));
        var port = fault == "is not there" ? Gateways.Gateway.Nobody.Port : Backend(ScriptOf(fault), "mirror").Port;
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateways.Gateway.At(backend)],
            Annotations = new Dictionary<string, string>
            {
                ["nginx.ingress.kubernetes.io/mirror-target"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}$request_uri"),
                ["nginx.ingress.kubernetes.io/proxy-body-size"] = "0",
            },
        });
        await using var client = await ConnectAsync();
        string[] bodies = ["", "the body", new('x', 30_000), new('y', 200_000)];
        for (var i = 0; i < Requests; i++)
        {
            // A large one now and then: it goes to disk, and is not copied.
            var body = bodies[i % 50 == 49 ? 3 : i % 3];
            await client.SendAsync($"POST /{i} HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: {body.Length}\r\n\r\n");
            await client.SendPatientlyAsync(Text.Bytes(body));
            var response = await client.ReadResponseAsync();
            Assert.Equal((200, $"/{i}", body), (response.Status, response.Head["X-Target"], response.Text));
        }

        Assert.Equal(Requests, backend.Requests.Count);
        Assert.Empty(backend.Violations);
    }

    private static BackendScript ScriptOf(string fault) => fault switch
    {
        "is silent" => Scripts.Silence,
        "never reads" => async connection => await Task.Delay(Timeout.Infinite, connection.Stopping),
        "answers without an end" => async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            var piece = new byte[16 * 1024];
            while (true)
            {
                await connection.SendAsync(piece);
            }
        },
        "drips" => async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await connection.SendAsync("X: y\r\n");
                await Task.Delay(10, connection.Stopping);
            }
        },
        "closes" => Scripts.CloseAt(0, ""),
        "resets" => Scripts.ResetAt(0, ""),
        "answers nonsense" => Scripts.Answer("\0\0\0\0nonsense"),
        _ => Scripts.Answer("HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 300_000) + "\r\n\r\n"),
    };
}
