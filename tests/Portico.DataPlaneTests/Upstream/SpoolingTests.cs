using System.Globalization;
using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>Request bodies larger than memory allows (<c>proxy-request-buffering: on</c>): read whole to disk, sent from there, and gone afterwards.</summary>
public sealed class SpoolingTests(SpoolingTests.SpoolingGateway gateway) : GatewayTest<SpoolingTests.SpoolingGateway>(gateway)
{
    private const int Size = 300_000;

    private static readonly byte[] Body = RandomNumberGenerator.GetBytes(Size);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_body_arrives_whole_and_with_its_length(bool chunked)
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(client, site, Body, chunked);
            Assert.Equal(Body, (await client.ReadResponseAsync()).Body);
        }

        Assert.All(backend.Requests, r => Assert.Equal(Size.ToString(CultureInfo.InvariantCulture), r.Head["Content-Length"]));
        Assert.All(backend.Requests, r => Assert.Null(r.Head["Transfer-Encoding"]));
    }

    [Fact]
    public async Task The_backend_sees_nothing_before_the_body_is_whole()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(Head(site, chunked: false));
        await client.SendAsync(Body.AsMemory(0, Size - 1));
        await Eventually.TrueAsync(() => Gateway.SpoolIsOpen(), "the body goes to disk");
        Assert.Equal(0, backend.ConnectionCount);
        await client.SendAsync(Body.AsMemory(Size - 1));
        Assert.Equal(Body, (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_spooled_body_is_sent_again_when_the_first_backend_breaks()
    {
        var broken = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            connection.Reset();
        }, "broken");
        var site = await Gateway.ExposeAsync(broken);
        await site.PublishAsync(broken, Backend(Scripts.Echo("a"), "whole"));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 4; i++)
        {
            await SendAsync(client, site, Body, chunked: false, method: "PUT");
            Assert.Equal(Body, (await client.ReadResponseAsync()).Body);
        }

        Assert.NotEmpty(broken.Requests);
    }

    [Fact]
    public async Task A_backend_that_refuses_early_is_heard_and_the_client_stays()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.AnswerBeforeBody("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await SendAsync(client, site, Body, chunked: false);
            Assert.Equal((403, "no"), ((await client.ReadResponseAsync()) is var r ? (r.Status, r.Text) : default));
        }
    }

    [Fact]
    public async Task A_client_that_vanishes_in_the_middle_leaves_nothing_behind()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using (var client = await ConnectAsync())
        {
            await client.SendAsync(Head(site, chunked: false));
            await client.SendAsync(Body.AsMemory(0, Size / 2));
            await Eventually.TrueAsync(() => Gateway.SpoolIsOpen(), "the body goes to disk");
        }

        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
        Assert.Empty(backend.Requests);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Gateway.Folder));
    }

    [Fact]
    public async Task A_body_beyond_the_quota_is_answered_507()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using (var client = await ConnectAsync())
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: 3000000\r\n\r\n");
            _ = client.SendPatientlyAsync(new byte[3_000_000]);
            var response = await client.ReadResponseAsync();
            Assert.Equal(507, response.Status);
            Assert.Contains("507 Insufficient Storage", response.Text, StringComparison.Ordinal);
        }

        Assert.Empty(backend.Requests);
        await Eventually.TrueAsync(() => !Gateway.SpoolIsOpen(), "the file is closed");
        await using var next = await ConnectAsync();
        await SendAsync(next, site, Body, chunked: false);
        Assert.Equal(Body, (await next.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_chunked_body_above_the_limit_is_answered_413()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateways.Gateway.At(backend)], Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/proxy-body-size"] = "200k" } });
        await using var client = await ConnectAsync();
        await client.SendAsync(Head(site, chunked: true));
        _ = client.SendPatientlyAsync(Chunks(Body));
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Without_buffering_the_body_flows_and_stays_chunked()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateways.Gateway.At(backend)], Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/proxy-request-buffering"] = "off" } });
        await using var client = await ConnectAsync();
        await SendAsync(client, site, Body, chunked: true);
        Assert.Equal(Body, (await client.ReadResponseAsync()).Body);
        Assert.Equal("chunked", backend.Requests[0].Head["Transfer-Encoding"]);
    }

    private static async Task SendAsync(RawClient client, Site site, byte[] body, bool chunked, string method = "POST")
    {
        await client.SendAsync(Head(site, chunked, method));
        await client.SendPatientlyAsync(chunked ? Chunks(body) : body);
    }

    private static string Head(Site site, bool chunked, string method = "POST") => string.Create(
        CultureInfo.InvariantCulture, $"{method} / HTTP/1.1\r\nHost: {site.Host}\r\n{(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Size}")}\r\n\r\n");

    private static byte[] Chunks(byte[] body) =>
    [
        .. body.Chunk(50_000).SelectMany(c => (byte[])[.. Text.Bytes(string.Create(CultureInfo.InvariantCulture, $"{c.Length:x}\r\n")), .. c, .. "\r\n"u8]), .. "0\r\n\r\n"u8,
    ];

    public sealed class SpoolingGateway : Gateway
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("portico-spool-").FullName;

        protected override PorticoOptions Options => new()
        {
            ConfigMap = new Dictionary<string, string> { ["proxy-body-size"] = "0", ["proxy-next-upstream"] = "error timeout non_idempotent" },
            Arguments = ["--enable-metrics", "--temp-dir", Folder, "--temp-dir-megabytes", "2"],
        };

        /// <summary>Whether the program holds a file without a name in the folder.</summary>
        public bool SpoolIsOpen() =>
            Directory.EnumerateFileSystemEntries($"/proc/{Process.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget?.StartsWith(Folder, StringComparison.Ordinal) == true);
    }
}
