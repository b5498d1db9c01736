using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.ProxyProtocol;

/// <summary>The PROXY protocol on the http and https ports (<c>use-proxy-protocol</c>): who the client is, and who is turned away.</summary>
public sealed class ProxyPortTests(ProxyPortGateway gateway) : GatewayTest<ProxyPortGateway>(gateway)
{
    private static readonly byte[] TextHeader = Text.Bytes("PROXY TCP4 203.0.113.7 192.0.2.1 5555 80\r\n");

    /// <summary>The same addresses in version 2, with an element (PP2_TYPE_NOOP) behind them.</summary>
    private static readonly byte[] BinaryHeader = Binary(0x21, 0x11, [203, 0, 113, 7, 192, 0, 2, 1, .. Port(5555), .. Port(80), 4, 0, 2, 0, 0]);

    public static TheoryData<byte[], string> Headers { get; } = new()
    {
        { TextHeader, "203.0.113.7" },
        { Text.Bytes("PROXY TCP6 2001:db8::7 2001:db8::1 5555 80\r\n"), "2001:db8::7" },
        { Text.Bytes("PROXY UNKNOWN and what else there may be\r\n"), "127.0.0.1" },
        { BinaryHeader, "203.0.113.7" },
        { Binary(0x21, 0x21, [.. Ip("2001:db8::7"), .. Ip("2001:db8::1"), .. Port(5555), .. Port(80)]), "2001:db8::7" },
        { Binary(0x20, 0, []), "127.0.0.1" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task The_announced_client_is_the_client(byte[] header, string client)
    {
        var site = await Gateway.ExposeAsync(Backend(Clients));
        await using var connection = await Gateway.Process.ConnectAsync();
        await connection.SendAsync((byte[])[.. header, .. Text.Bytes(site.Get())]);
        Assert.Equal($"{client} http", (await connection.ReadResponseAsync()).Text);
        // The header stands once, at the beginning; what it said holds for all requests.
        Assert.Equal($"{client} http", (await connection.ExchangeAsync(site.Get())).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_header_may_come_in_pieces(int version)
    {
        var header = version == 1 ? TextHeader : BinaryHeader;
        var site = await Gateway.ExposeAsync(Backend(Clients));
        byte[] all = [.. header, .. Text.Bytes(site.Get())];
        for (var at = 1; at <= header.Length + 1; at++)
        {
            await using var cut = await Gateway.Process.ConnectAsync();
            await cut.SendCutAsync(all, at);
            Assert.Equal("203.0.113.7 http", (await cut.ReadResponseAsync()).Text);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 5555\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    [InlineData("PROXY TCP4 203.0.113.777 192.0.2.1 5555 80\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 5555 80\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    [InlineData("proxy TCP4 203.0.113.7 192.0.2.1 5555 80\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\u000c0123456789abGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")]
    public async Task Whoever_begins_with_something_else_is_closed_without_a_word(string bytes)
    {
        var before = (await Gateway.Process.ReadMetricsAsync()).Sum("portico_proxy_header_failures_total");
        await using var connection = await Gateway.Process.ConnectAsync();
        await connection.TrySendAsync(Text.Bytes(bytes));
        Assert.NotEqual(StreamEnd.Open, await connection.ReadEndAsync());
        Assert.True((await Gateway.Process.ReadMetricsAsync()).Sum("portico_proxy_header_failures_total") > before);
    }

    [Fact]
    public async Task A_client_that_leaves_within_the_header_leaves_nothing_behind()
    {
        await using var connection = await Gateway.Process.ConnectAsync();
        await connection.SendAsync(TextHeader.AsMemory(0, 20));
        connection.FinishSending();
        Assert.NotEqual(StreamEnd.Open, await connection.ReadEndAsync());
    }

    [Fact]
    public async Task TLS_begins_behind_the_header()
    {
        var site = await SecureAsync();
        await using var connection = await RawClient.ConnectTlsBehindAsync(Gateway.Process.HttpsEndPoint, TextHeader, site.Host);
        Assert.Equal("203.0.113.7 https", (await connection.ExchangeAsync(site.Get())).Text);
    }

    [Fact]
    public async Task A_hello_without_a_header_is_closed()
    {
        var site = await SecureAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => Gateway.Process.ConnectTlsAsync(site.Host));
    }

    [Fact]
    public async Task HTTP_2_begins_behind_the_header()
    {
        var site = await SecureAsync();
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, cancel) => ConnectBehindHeaderAsync(cancel) };
#pragma warning disable CA5359 // the certificate is not what this test looks at
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        for (var i = 0; i < 3; i++)
        {
            using var response = await http.GetAsync($"https://{site.Host}/", TestContext.Current.CancellationToken).Within("an answer over HTTP/2");
            Assert.Equal(HttpVersion.Version20, response.Version);
            Assert.Equal("203.0.113.7 https", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    private Task<Site> SecureAsync() => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateways.Gateway.At(Backend(Clients))],
        Certificate = TestCertificate.For("*.test"),
    });

    private async ValueTask<Stream> ConnectBehindHeaderAsync(CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Gateway.Process.HttpsEndPoint, cancel);
        await socket.SendAsync(TextHeader, cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Answers with the client and the scheme that it is told.</summary>
    private static BackendScript Clients => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        await connection.SendAsync(Scripts.Ok($"{request["X-Forwarded-For"]} {request["X-Forwarded-Proto"]}"));
    };

    private static byte[] Binary(byte command, byte family, byte[] rest) => [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, .. Port(rest.Length), .. rest];

    private static byte[] Port(int number) => [(byte)(number >> 8), (byte)number];

    private static byte[] Ip(string address) => IPAddress.Parse(address).GetAddressBytes();
}

/// <summary>Whoever sends no header in time.</summary>
public sealed class ProxyPortPatienceTests(ImpatientProxyPortGateway gateway) : GatewayTest<ImpatientProxyPortGateway>(gateway)
{
    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.7 ")]
    public async Task A_header_that_does_not_come_ends_the_connection(string part)
    {
        await using var connection = await Gateway.Process.ConnectAsync();
        await connection.SendAsync(part);
        Assert.NotEqual(StreamEnd.Open, await connection.ReadEndAsync());
    }
}
