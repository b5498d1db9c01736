using Portico.Model;
using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Requests;

public class ClientIdentityTests
{
    private static readonly ForwardedHeadersSettings RealIp = new() { EnableRealIp = true };
    private static readonly ForwardedHeadersSettings Trusting = new() { UseForwardedHeaders = true };

    [Fact]
    public void Without_settings_only_the_connection_counts()
    {
        var context = Read(
            new ForwardedHeadersSettings(),
            headers: ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test", "X-Forwarded-Port: 1"]);
        Assert.Equal("127.0.0.1", TestRequest.Ascii(context.ClientText));
        Assert.Equal(40000, context.ClientPort);
        Assert.Equal("http", TestRequest.Ascii(context.EffectiveScheme));
        Assert.Equal("h.test", TestRequest.Ascii(context.BestHost));
        Assert.Equal("8080", Port(context));
    }

    [Theory]
    [InlineData("1.1.1.1", "1.1.1.1")]
    [InlineData("1.1.1.1, 2.2.2.2", "1.1.1.1")]
    [InlineData("1.1.1.1,2.2.2.2", "1.1.1.1")]
    [InlineData("1.1.1.1 2.2.2.2", "1.1.1.1")]
    [InlineData(" , 1.1.1.1 ,, 2.2.2.2 , ", "1.1.1.1")]
    [InlineData("garbage", "127.0.0.1")]
    [InlineData("garbage, 2.2.2.2", "2.2.2.2")]
    [InlineData("1.1.1.1, unknown, 3.3.3.3", "3.3.3.3")]
    [InlineData("1.2.3.4:5678", "1.2.3.4")]
    [InlineData("[2001:db8::1]:80", "2001:db8::1")]
    // The default list covers IPv4 only, so an IPv6 element is the end of the walk, and the client.
    [InlineData("1.1.1.1, 2001:db8::1", "2001:db8::1")]
    [InlineData("", "127.0.0.1")]
    [InlineData(",", "127.0.0.1")]
    public void With_the_default_list_the_leftmost_address_is_the_client(string list, string client) =>
        Assert.Equal(client, Client(RealIp, "127.0.0.1", "X-Forwarded-For: " + list));

    [Theory]
    [InlineData("1.1.1.1, 2.2.2.2, 10.5.5.5", "1.1.1.1")]
    [InlineData("1.1.1.1, 3.3.3.3, 10.5.5.5", "3.3.3.3")]
    [InlineData("1.1.1.1, 127.0.0.1", "1.1.1.1")]
    public void With_a_list_of_proxies_the_rightmost_stranger_is_the_client(string list, string client) =>
        Assert.Equal(client, Client(Trust("127.0.0.0/8", "10.0.0.0/8", "2.2.2.2"), "127.0.0.1", "X-Forwarded-For: " + list));

    [Fact]
    public void A_peer_outside_the_list_is_not_believed() =>
        Assert.Equal("127.0.0.1", Client(Trust("10.0.0.0/8"), "127.0.0.1", "X-Forwarded-For: 1.1.1.1"));

    [Fact]
    public void An_ipv6_peer_is_not_believed_with_the_default_list() =>
        Assert.Equal("2001:db8::9", Client(RealIp, "2001:db8::9", "X-Forwarded-For: 1.1.1.1"));

    [Fact]
    public void Several_headers_are_one_list() =>
        Assert.Equal("1.1.1.1", Client(RealIp, "127.0.0.1", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 2.2.2.2"));

    [Fact]
    public void The_walk_over_several_headers_starts_with_the_last() =>
        Assert.Equal(
            "3.3.3.3",
            Client(Trust("127.0.0.0/8", "2.2.2.2"), "127.0.0.1", "X-Forwarded-For: 1.1.1.1, 3.3.3.3", "X-Forwarded-For: 2.2.2.2"));

    [Fact]
    public void Another_header_can_carry_the_list() =>
        Assert.Equal(
            "5.5.5.5",
            Client(RealIp with { ForHeader = "CF-Connecting-IP" }, "127.0.0.1", "X-Forwarded-For: 1.1.1.1", "cf-connecting-ip: 5.5.5.5"));

    [Fact]
    public void The_port_of_the_client_comes_with_its_address()
    {
        Assert.Equal(567, Read(RealIp, headers: ["X-Forwarded-For: 1.2.3.4:567"]).ClientPort);
        Assert.Equal(0, Read(RealIp, headers: ["X-Forwarded-For: 1.2.3.4"]).ClientPort);
    }

    [Fact]
    public void Forwarded_scheme_host_and_port_are_believed_from_any_peer()
    {
        var context = Read(
            Trusting with { TrustedProxies = [AddressRange.Parse("10.0.0.0/8")] },
            headers: ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: myproto", "X-Forwarded-Host: myhost:81, other", "X-Forwarded-Port: 1234"]);
        Assert.Equal("127.0.0.1", TestRequest.Ascii(context.ClientText));
        Assert.Equal("myproto", TestRequest.Ascii(context.EffectiveScheme));
        Assert.Equal("myhost:81", TestRequest.Ascii(context.BestHost));
        Assert.Equal("1234", Port(context));
    }

    [Fact]
    public void Empty_forwarded_headers_are_as_good_as_none()
    {
        var context = Read(Trusting, headers: ["X-Forwarded-Proto: ", "X-Forwarded-Host: ", "X-Forwarded-Port: "]);
        Assert.Equal("http", TestRequest.Ascii(context.EffectiveScheme));
        Assert.Equal("h.test", TestRequest.Ascii(context.BestHost));
        Assert.Equal("8080", Port(context));
    }

    [Fact]
    public void A_list_of_schemes_is_taken_whole() =>
        Assert.Equal("https, http", TestRequest.Ascii(Read(Trusting, headers: ["X-Forwarded-Proto: https, http"]).EffectiveScheme));

    [Fact]
    public void The_https_listener_counts_as_443_whatever_its_port()
    {
        var context = Read(new ForwardedHeadersSettings(), TestRequest.Connection(localPort: 8443, tls: true));
        Assert.Equal("443", Port(context));
        Assert.Equal("https", TestRequest.Ascii(context.EffectiveScheme));
    }

    [Fact]
    public void A_proxy_header_gives_client_and_port()
    {
        var context = Read(new ForwardedHeadersSettings { UseProxyProtocol = true }, TestRequest.Connection(proxy: Announce("9.9.9.9", 80)));
        Assert.Equal("9.9.9.9", TestRequest.Ascii(context.ClientText));
        Assert.Equal(5555, context.ClientPort);
        Assert.Equal("http", TestRequest.Ascii(context.EffectiveScheme));
        Assert.Equal("80", Port(context));
    }

    [Fact]
    public void An_announced_port_443_means_https_even_against_a_trusted_header()
    {
        var settings = Trusting with { UseProxyProtocol = true };
        var context = Read(settings, TestRequest.Connection(proxy: Announce("9.9.9.9", 443)), "X-Forwarded-Proto: http");
        Assert.Equal("https", TestRequest.Ascii(context.EffectiveScheme));
        Assert.Equal("443", Port(context));
    }

    [Fact]
    public void The_walk_starts_at_the_announced_source()
    {
        var settings = Trust("9.9.9.9") with { UseProxyProtocol = true };
        Assert.Equal("1.1.1.1", Client(settings, TestRequest.Connection(proxy: Announce("9.9.9.9", 80)), "X-Forwarded-For: 1.1.1.1"));
        Assert.Equal("8.8.8.8", Client(settings, TestRequest.Connection(proxy: Announce("8.8.8.8", 80)), "X-Forwarded-For: 1.1.1.1"));
    }

    [Fact]
    public void A_proxy_header_without_addresses_leaves_the_peer() =>
        Assert.Equal("127.0.0.1", Client(new ForwardedHeadersSettings { UseProxyProtocol = true }, TestRequest.Connection(proxy: null)));

    [Fact]
    public void The_peer_formats_the_same_as_any_client()
    {
        var context = Read(RealIp, headers: ["X-Forwarded-For: 127.0.0.1"]);
        Assert.Equal("127.0.0.1", TestRequest.Ascii(context.ClientText));
    }

    [Theory]
    [InlineData("GET / HTTP/1.0", "_")]
    [InlineData("GET / HTTP/1.1\nHost: H.test:81", "H.test:81")]
    [InlineData("GET http://uri.test/ HTTP/1.1\nHost: header.test", "header.test")]
    [InlineData("GET http://uri.test:5/ HTTP/1.0", "uri.test:5")]
    public void The_host_for_backends_is_the_header_as_sent(string head, string host) =>
        Assert.Equal(host, TestRequest.Ascii(TestRequest.Read(head).BestHost));

    private static ProxyAnnouncement Announce(string source, int destinationPort) =>
        new(TestRequest.Address(source), 5555, TestRequest.Address("10.0.0.1"), destinationPort);

    private static ForwardedHeadersSettings Trust(params string[] proxies) =>
        RealIp with { TrustedProxies = [.. proxies.Select(p => AddressRange.Parse(p))] };

    private static RequestContext Read(ForwardedHeadersSettings settings, ConnectionFacts? connection = null, params string[] headers) =>
        TestRequest.Read(TestRequest.Get("/", headers), new GlobalSettings { Forwarded = settings }, connection: connection);

    private static string Client(ForwardedHeadersSettings settings, string peer, params string[] headers) =>
        Client(settings, TestRequest.Connection(peer), headers);

    private static string Client(ForwardedHeadersSettings settings, ConnectionFacts connection, params string[] headers) =>
        TestRequest.Ascii(Read(settings, connection, headers).ClientText);

    private static string Port(RequestContext context)
    {
        var output = new ByteBuilder();
        context.Settings.Identity.AppendPort(context, output);
        return TestRequest.Ascii(output.Written);
    }
}
