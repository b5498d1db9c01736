using System.Collections.Immutable;
using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Headers;

public class UpstreamRequestHeadersTests
{
    [Fact]
    public void A_plain_request_gets_exactly_the_default_set_in_order()
    {
        var headers = Write("GET /p?q=1 HTTP/1.1\nHost: h.test:8081\nUser-Agent: ua/1\nX-A: 1\nX-A: 2");
        Assert.Equal(
            [
                "Host", "X-Request-ID", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto",
                "X-Forwarded-Scheme", "X-Scheme", "User-Agent", "X-A", "X-A",
            ],
            headers.Names);
        Assert.Equal("h.test:8081", headers["Host"]);
        Assert.Equal("127.0.0.1", headers["X-Real-IP"]);
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("h.test:8081", headers["X-Forwarded-Host"]);
        Assert.Equal("8080", headers["X-Forwarded-Port"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("http", headers["X-Forwarded-Scheme"]);
        Assert.Equal("http", headers["X-Scheme"]);
    }

    [Fact]
    public void Untrusted_forwarded_headers_are_replaced_and_two_of_them_kept_by_another_name()
    {
        var headers = Write(TestRequest.Get(
            "/",
            "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: myhost", "X-Forwarded-Proto: myproto", "X-Forwarded-Scheme: myproto",
            "X-Forwarded-Port: 1234", "X-Real-IP: 9.9.9.9", "X-Scheme: ftp", "X-Original-Forwarded-For: spoof", "Proxy: evil"));
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("h.test", headers["X-Forwarded-Host"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("http", headers["X-Forwarded-Scheme"]);
        Assert.Equal("8080", headers["X-Forwarded-Port"]);
        Assert.Equal("127.0.0.1", headers["X-Real-IP"]);
        Assert.Equal("http", headers["X-Scheme"]);
        Assert.Equal("1.2.3.4", headers["X-Original-Forwarded-For"]);
        Assert.Equal("myhost", headers["X-Original-Forwarded-Host"]);
        Assert.Null(headers["Proxy"]);
    }

    [Fact]
    public void A_clients_original_forwarded_header_does_not_pass_by_itself()
    {
        var headers = Write(TestRequest.Get("/", "X-Original-Forwarded-For: spoof", "X-Original-Forwarded-Host: spoof"));
        Assert.Null(headers["X-Original-Forwarded-For"]);
        Assert.Null(headers["X-Original-Forwarded-Host"]);
    }

    [Fact]
    public void Trusted_headers_go_on()
    {
        var headers = Write(
            TestRequest.Get("/", "X-Forwarded-For: 1.1.1.1, 2.2.2.2", "X-Forwarded-Host: myhost.test, another.test", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1234"),
            new GlobalSettings { Forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true } });
        Assert.Equal("myhost.test", headers["Host"]);
        Assert.Equal("myhost.test", headers["X-Forwarded-Host"]);
        Assert.Equal("myhost.test, another.test", headers["X-Original-Forwarded-Host"]);
        Assert.Equal("1.1.1.1", headers["X-Forwarded-For"]);
        Assert.Equal("1.1.1.1", headers["X-Real-IP"]);
        Assert.Equal("1.1.1.1, 2.2.2.2", headers["X-Original-Forwarded-For"]);
        Assert.Equal("https", headers["X-Forwarded-Proto"]);
        Assert.Equal("https", headers["X-Scheme"]);
        Assert.Equal("1234", headers["X-Forwarded-Port"]);
    }

    [Theory]
    [InlineData(new[] { "X-Forwarded-For: 1.1.1.1, 2.2.2.2" }, "1.1.1.1, 2.2.2.2, 127.0.0.1")]
    [InlineData(new[] { "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 2.2.2.2" }, "1.1.1.1, 2.2.2.2, 127.0.0.1")]
    [InlineData(new string[0], "127.0.0.1")]
    public void The_full_list_ends_with_the_peer(string[] sent, string expected)
    {
        var forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true, ComputeFullForwardedFor = true };
        Assert.Equal(expected, Write(TestRequest.Get("/", sent), new GlobalSettings { Forwarded = forwarded })["X-Forwarded-For"]);
    }

    [Fact]
    public void The_full_list_needs_trust()
    {
        var forwarded = new ForwardedHeadersSettings { ComputeFullForwardedFor = true };
        Assert.Equal("127.0.0.1", Write(TestRequest.Get("/", "X-Forwarded-For: 1.1.1.1"), new GlobalSettings { Forwarded = forwarded })["X-Forwarded-For"]);
    }

    [Fact]
    public void The_full_list_ends_with_the_announced_source()
    {
        var forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true, ComputeFullForwardedFor = true, UseProxyProtocol = true };
        var proxy = new ProxyAnnouncement(TestRequest.Address("9.9.9.9"), 1, TestRequest.Address("10.0.0.1"), 80);
        var headers = Write(
            TestRequest.Get("/", "X-Forwarded-For: 1.1.1.1"), new GlobalSettings { Forwarded = forwarded }, connection: TestRequest.Connection(proxy: proxy));
        Assert.Equal("1.1.1.1, 9.9.9.9", headers["X-Forwarded-For"]);
    }

    [Fact]
    public void Another_forwarded_for_header_is_read_and_also_passed()
    {
        var forwarded = new ForwardedHeadersSettings { EnableRealIp = true, ForHeader = "X-Client" };
        var headers = Write(TestRequest.Get("/", "x-client: 5.5.5.5", "X-Forwarded-For: 1.1.1.1"), new GlobalSettings { Forwarded = forwarded });
        Assert.Equal("5.5.5.5", headers["X-Forwarded-For"]);
        Assert.Equal("5.5.5.5", headers["X-Original-Forwarded-For"]);
        Assert.Equal("5.5.5.5", headers["x-client"]);
    }

    [Fact]
    public void Hop_by_hop_and_framing_headers_are_left_to_the_codec()
    {
        var headers = Write(
            "POST / HTTP/1.1\nHost: h.test\nConnection: close, X-Named\nKeep-Alive: 5\nTE: trailers\nTrailer: X-T\nProxy-Connection: x\n"
            + "Expect: 100-continue\nUpgrade: websocket\nContent-Length: 5\nX-Named: kept");
        string[] dropped = ["Connection", "Keep-Alive", "TE", "Trailer", "Proxy-Connection", "Expect", "Upgrade", "Content-Length", "Transfer-Encoding"];
        Assert.All(dropped, name => Assert.Equal(0, headers.Count(name)));
        Assert.Equal("kept", headers["X-Named"]);
    }

    [Fact]
    public void A_client_cannot_name_the_gateways_headers_away() =>
        Assert.Equal("127.0.0.1", Write(TestRequest.Get("/", "Connection: close, X-Real-IP, X-Forwarded-For"))["X-Real-IP"]);

    [Theory]
    [InlineData(true, false, new[] { "X-Ok" })]
    [InlineData(true, true, new[] { "my_header", "X-Ok" })]
    [InlineData(false, false, new[] { "my_header", "X.Dot", "X-Ok" })]
    public void Headers_with_odd_names_pass_as_configured(bool ignoreInvalid, bool underscores, string[] passed)
    {
        var client = new ClientLimits { IgnoreInvalidHeaders = ignoreInvalid, UnderscoresInHeaders = underscores };
        var headers = Write(TestRequest.Get("/", "my_header: 1", "X.Dot: 1", "X-Ok: 1"), new GlobalSettings { Client = client });
        Assert.Equal(passed, headers.Names.Where(n => n is "my_header" or "X.Dot" or "X-Ok"));
    }

    [Fact]
    public void A_client_says_nothing_in_a_trailer_that_it_cannot_say_in_a_header()
    {
        var context = TestRequest.Read(TestRequest.Get(), Setting(("X-Set", "by the gateway")));
        var trailers = new HeaderBlock();
        string[] names =
        [
            "X-Sum", "Host", "content-length", "Transfer-Encoding", "Authorization", "Cookie", "X-Real-IP", "X-Forwarded-For", "x-set", "Connection", "If-Match",
            "Proxy-Authorization", "cache-control", "x_real_ip", "Content-Type", "grpc-status", "ETag", "Trailer", "TE",
        ];
        foreach (var name in names)
        {
            var start = trailers.Buffer.Length;
            trailers.Buffer = [.. trailers.Buffer, .. Encoding.ASCII.GetBytes(name)];
            trailers.Add(start, name.Length, start, name.Length);
        }

        context.Settings.RequestHeaders.RemoveForbiddenTrailers(context, trailers);
        Assert.Equal(["X-Sum", "grpc-status", "ETag"], trailers.Fields.ToArray().Select(f => Encoding.ASCII.GetString(trailers.Name(in f))));
        Assert.True(trailers.Has(HeaderId.ETag));
        Assert.False(trailers.Has(HeaderId.Host));
    }

    [Fact]
    public void The_original_uri_is_sent_when_asked_for()
    {
        var settings = new GlobalSettings { AddOriginalUriHeader = true };
        Assert.Equal("/a%20b/?x=1", Write(TestRequest.Get("/a%20b/?x=1", "X-Original-URI: spoof"), settings)["X-Original-URI"]);
        Assert.Equal("theirs", Write(TestRequest.Get("/", "X-Original-URI: theirs"))["X-Original-URI"]);
    }

    [Fact]
    public void Without_generation_only_the_clients_request_id_is_sent()
    {
        var settings = new GlobalSettings { GenerateRequestId = false };
        Assert.Null(Write(TestRequest.Get(), settings)["X-Request-ID"]);
        Assert.Equal("mine", Write(TestRequest.Get("/", "X-Request-ID: mine"), settings)["X-Request-ID"]);
    }

    [Fact]
    public void Set_headers_replace_the_clients_and_may_hold_variables()
    {
        var headers = Write(
            TestRequest.Get("/p?x=1", "X-Different: spoof", "x-req-host: spoof"),
            Setting(("X-Different", "hello world"), ("X-Req-Host", "$host"), ("X-Req-Line", "$request_method $uri")));
        Assert.Equal("hello world", headers["X-Different"]);
        Assert.Equal("h.test", headers["X-Req-Host"]);
        Assert.Equal("GET /p", headers["X-Req-Line"]);
    }

    [Fact]
    public void A_set_header_stands_instead_of_the_gateways_own()
    {
        var headers = Write(TestRequest.Get("/", "X-Forwarded-For: 1.1.1.1"), Setting(("x-forwarded-for", "$remote_addr!"), ("X-Request-ID", "")));
        Assert.Equal("127.0.0.1!", headers["X-Forwarded-For"]);
        Assert.Null(headers["X-Request-ID"]);
    }

    [Fact]
    public void An_empty_set_header_removes_the_clients() =>
        Assert.Null(Write(TestRequest.Get("/", "X-Secret: s", "Accept: x"), Setting(("X-Secret", ""), ("Accept", "$arg_none")))["X-Secret"]);

    [Fact]
    public void Set_headers_cannot_touch_the_framing()
    {
        var headers = Write(TestRequest.Get(), Setting(("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("Connection", "x")));
        Assert.Null(headers["Content-Length"]);
        Assert.Null(headers["Transfer-Encoding"]);
        Assert.Null(headers["Connection"]);
    }

    [Fact]
    public void The_last_of_several_settings_of_one_header_wins() =>
        Assert.Equal("2", Write(TestRequest.Get(), Setting(("X-A", "1"), ("x-a", "2")))["X-A"]);

    [Fact]
    public void A_variable_cannot_start_another_header_line() =>
        Assert.Equal("/a  X-Evil: 1", Write(TestRequest.Get("/a%0d%0aX-Evil:%201"), Setting(("X-Uri", "$uri")))["X-Uri"]);

    [Fact]
    public void The_host_can_be_set_for_all_and_for_a_route()
    {
        var settings = Setting(("Host", "all.test"));
        Assert.Equal("all.test", Write(TestRequest.Get(), settings)["Host"]);
        var route = TestRequest.PlainRoute with { Upstream = new UpstreamPolicy { Host = TestRequest.Text("$service_name.$namespace.svc") } };
        var headers = Write(TestRequest.Get(), settings, route);
        Assert.Equal("echo.shop.svc", headers["Host"]);
        Assert.Equal("h.test", headers["X-Forwarded-Host"]);
        Assert.Equal("h.test", Write(TestRequest.Get(), Setting(("Host", "")))["Host"]);
    }

    [Fact]
    public void The_forwarded_prefix_is_sent_only_when_a_rewrite_took_place()
    {
        var route = TestRequest.PlainRoute with
        {
            Rewrite = new RewritePolicy("/(api)/(.*)", TestRequest.Text("/$2"), TestRequest.Text("/$1")),
        };
        Assert.Equal("/API", Write(TestRequest.Get("/API/z", "X-Forwarded-Prefix: /theirs"), route: route)["X-Forwarded-Prefix"]);
        Assert.Equal("/theirs", Write(TestRequest.Get("/other", "X-Forwarded-Prefix: /theirs"), route: route)["X-Forwarded-Prefix"]);
        var plain = route with { Rewrite = new RewritePolicy("/", TestRequest.Text("/foo")) };
        Assert.Equal("/theirs", Write(TestRequest.Get("/", "X-Forwarded-Prefix: /theirs"), route: plain)["X-Forwarded-Prefix"]);
    }

    [Fact]
    public void Unknown_variables_of_set_headers_are_told() =>
        Assert.Equal(["nosuch"], CompiledSettings.For(Setting(("X-A", "$nosuch"))).RequestHeaders.UnknownVariables);

    private static GlobalSettings Setting(params (string Name, string Value)[] headers) => new()
    {
        RequestHeaders = [.. headers.Select(h => new HeaderTemplate(h.Name, TestRequest.Text(h.Value)))],
    };

    private static WrittenHeaders Write(string head, GlobalSettings? settings = null, Route? route = null, ConnectionFacts? connection = null)
    {
        var context = TestRequest.Read(head, settings, route, connection);
        PolicyPipeline.BeforeEndpoints(context);
        var written = new WrittenHeaders();
        context.Settings.RequestHeaders.Write(context, written);
        return written;
    }
}
