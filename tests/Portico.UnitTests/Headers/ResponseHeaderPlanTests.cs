using System.Collections.Immutable;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Headers;

public class ResponseHeaderPlanTests
{
    private const string Date = "Fri, 02 Jan 2026 15:04:05 GMT";

    [Fact]
    public void A_response_passes_with_the_gateways_date()
    {
        var headers = Pass(["Content-Type: text/x", "Set-Cookie: a=1", "Set-Cookie: b=2", "date: yesterday", "X-Powered-By: php", "Location: /x"]);
        Assert.Equal(
            [("Date", Date), ("Content-Type", "text/x"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Powered-By", "php"), ("Location", "/x")],
            headers.All);
    }

    [Fact]
    public void Hop_by_hop_and_internal_headers_do_not_pass()
    {
        var headers = Pass(
        [
            "Connection: close", "Keep-Alive: 5", "Proxy-Connection: x", "Trailer: x", "Upgrade: h2c", "Content-Length: 5", "Server: backend/1",
            "X-Accel-Redirect: /x", "X-Accel-Expires: 1", "X-Accel-Buffering: no", "X-Accel-Charset: x", "X-Accel-Limit-Rate: 1",
        ]);
        Assert.Equal(["Date"], headers.Names);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(426)]
    public void Upgrade_passes_where_the_status_is_about_it(int status) =>
        Assert.Equal("h2c", Pass(["Upgrade: h2c"], status: status)["Upgrade"]);

    [Theory]
    [InlineData(false, false, null)]
    [InlineData(false, true, null)]
    [InlineData(true, false, "Portico/0.1.0")]
    [InlineData(true, true, "backend/1")]
    public void The_server_header_is_as_configured(bool tokens, bool passes, string? server) =>
        Assert.Equal(server, Pass(["Server: backend/1"], new GlobalSettings { ServerTokens = tokens, PassBackendServerHeader = passes })["Server"]);

    [Fact]
    public void The_gateway_names_itself_where_the_backend_does_not() =>
        Assert.Equal("Portico/0.1.0", Pass([], new GlobalSettings { ServerTokens = true, PassBackendServerHeader = true })["Server"]);

    [Fact]
    public void Hidden_headers_do_not_pass_in_any_case()
    {
        var headers = Pass(
            ["X-Powered-By: php", "X-Runtime: 1", "Set-Cookie: a=1", "X-Keep: 1"],
            new GlobalSettings { HiddenResponseHeaders = ["x-powered-by", "x-runtime", "set-cookie"] });
        Assert.Equal(["Date", "X-Keep"], headers.Names);
    }

    [Fact]
    public void Added_headers_replace_the_backends_and_may_hold_variables()
    {
        var headers = Pass(["x-first: theirs", "x-first: twice"], Adding(("X-First", "Prepare for trouble!"), ("X-Who", "$host $status")));
        Assert.Equal("Prepare for trouble!", headers["X-First"]);
        Assert.Equal("h.test 200", headers["X-Who"]);
    }

    [Fact]
    public void An_added_header_without_a_value_removes_the_backends() => Assert.Null(Pass(["X-A: 1"], Adding(("X-A", "")))["X-A"]);

    [Fact]
    public void Headers_of_the_route_win_over_added_ones()
    {
        var headers = Pass(["X-A: theirs"], Adding(("X-A", "all"), ("X-B", "all")), WithHeaders(("x-a", "$route")));
        Assert.Equal("$route", headers["X-A"]);
        Assert.Equal("all", headers["X-B"]);
    }

    [Fact]
    public void A_header_value_cannot_start_another_line() =>
        Assert.Equal("/a  X: 1", Pass([], Adding(("X-Uri", "$uri")), target: "/a%0d%0aX:%201")["X-Uri"]);

    [Fact]
    public void Added_headers_cannot_touch_the_framing() =>
        Assert.Equal(["Date"], Pass([], Adding(("Content-Length", "1"), ("Connection", "x"), ("Transfer-Encoding", "x"))).Names);

    [Fact]
    public void Hsts_is_sent_on_tls_and_replaces_the_backends()
    {
        var headers = Pass(["Strict-Transport-Security: max-age=3600"], connection: TestRequest.Connection(tls: true));
        Assert.Equal("max-age=31536000; includeSubDomains", headers["Strict-Transport-Security"]);
    }

    [Fact]
    public void Hsts_has_three_parts_in_order()
    {
        var settings = new GlobalSettings { Hsts = new HstsSettings { MaxAge = "86400", Preload = true } };
        Assert.Equal("max-age=86400; includeSubDomains; preload", Pass([], settings, connection: TestRequest.Connection(tls: true))["Strict-Transport-Security"]);
    }

    [Fact]
    public void Hsts_wins_over_an_added_header()
    {
        var settings = Adding(("Strict-Transport-Security", "mine"));
        Assert.Equal("max-age=31536000; includeSubDomains", Pass([], settings, connection: TestRequest.Connection(tls: true))["Strict-Transport-Security"]);
        Assert.Equal("mine", Pass([], settings)["Strict-Transport-Security"]);
    }

    [Fact]
    public void Hsts_looks_at_the_connection_and_not_at_a_trusted_header()
    {
        var settings = new GlobalSettings { Forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true } };
        Assert.Null(Pass([], settings, requestHeader: "X-Forwarded-Proto: https")["Strict-Transport-Security"]);
    }

    [Fact]
    public void Without_hsts_the_backends_own_passes()
    {
        var headers = Pass(["Strict-Transport-Security: x"], new GlobalSettings { Hsts = null }, connection: TestRequest.Connection(tls: true));
        Assert.Equal("x", headers["Strict-Transport-Security"]);
    }

    [Fact]
    public void Cors_headers_replace_the_backends()
    {
        var route = TestRequest.PlainRoute with { Cors = new CorsPolicy { AllowOrigins = ["https://o.test"], AllowCredentials = false } };
        string[] response = ["Access-Control-Allow-Origin: https://backend.test", "Access-Control-Allow-Credentials: theirs"];
        var headers = Pass(response, route: route, requestHeader: "Origin: https://o.test");
        Assert.Equal("https://o.test", headers["Access-Control-Allow-Origin"]);
        // What the policy does not set, it does not replace.
        Assert.Equal("theirs", headers["Access-Control-Allow-Credentials"]);
        Assert.Equal("https://backend.test", Pass(response, route: route, requestHeader: "Origin: https://other.test")["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public void Cors_wins_over_added_headers_but_not_over_those_of_the_route()
    {
        var settings = Adding(("Access-Control-Allow-Origin", "added"), ("Access-Control-Max-Age", "added"));
        var route = WithHeaders(("Access-Control-Max-Age", "route")) with { Cors = new CorsPolicy { AllowOrigins = ["*"] } };
        var headers = Pass(["Access-Control-Max-Age: theirs"], settings, route);
        Assert.Equal("*", headers["Access-Control-Allow-Origin"]);
        Assert.Equal("route", headers["Access-Control-Max-Age"]);
    }

    [Fact]
    public void An_own_answer_has_type_and_all_configured_headers()
    {
        var route = WithHeaders(("X-Route", "1")) with { Cors = new CorsPolicy { AllowOrigins = ["*"], AllowCredentials = false, ExposeHeaders = "X-E" } };
        var headers = Answer(OwnAnswer.For(AnswerReason.NoEndpoints), Adding(("X-All", "yes")), route, TestRequest.Connection(tls: true));
        Assert.Equal(
            [
                "Date", "Content-Type", "X-All", "X-Route", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods",
                "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Strict-Transport-Security",
            ],
            headers.Names);
        Assert.Equal("text/html", headers["Content-Type"]);
    }

    [Fact]
    public void A_redirect_has_its_location()
    {
        var context = Context([], new GlobalSettings(), TestRequest.PlainRoute with { Redirect = TestRequest.RedirectTo("https://x.test/y") });
        var answer = PolicyPipeline.BeforeEndpoints(context).Answer;
        var headers = new WrittenHeaders();
        context.Policies.ResponseHeaders.WriteOwnAnswer(context, answer, "now"u8, headers);
        Assert.Equal("https://x.test/y", headers["Location"]);
    }

    [Fact]
    public void The_health_answer_is_bare() =>
        Assert.Equal(
            ["Date"],
            Answer(
                OwnAnswer.For(AnswerReason.Health) with { Body = AnswerBody.None },
                new GlobalSettings(),
                TestRequest.PlainRoute with { Action = new RouteAction.Health() },
                TestRequest.Connection(tls: true)).Names);

    [Fact]
    public void A_closed_route_sends_no_headers_of_its_own()
    {
        var route = WithHeaders(("X-Route", "1")) with { Cors = new CorsPolicy { AllowOrigins = ["*"] }, Denial = new DenialPolicy("bad") };
        Assert.Equal(["Date", "Content-Type", "X-All"], Answer(OwnAnswer.For(AnswerReason.DeniedConfiguration), Adding(("X-All", "yes")), route).Names);
    }

    [Fact]
    public void Routes_without_headers_share_one_plan()
    {
        var settings = new GlobalSettings();
        Assert.Same(
            RoutePolicies.Compile(TestRequest.PlainRoute, settings).ResponseHeaders,
            RoutePolicies.Compile(TestRequest.PlainRoute with { MaxBodyBytes = 1 }, settings).ResponseHeaders);
    }

    [Fact]
    public void The_date_is_formatted_once_a_second()
    {
        var cache = new Proxy.Headers.HttpDateCache();
        var start = new DateTime(2026, 1, 2, 15, 4, 5, DateTimeKind.Utc).Ticks;
        Assert.Equal(Date, TestRequest.Ascii(cache.At(start)));
        Assert.Equal(Date, TestRequest.Ascii(cache.At(start + TimeSpan.TicksPerSecond - 1)));
        Assert.Equal("Fri, 02 Jan 2026 15:04:06 GMT", TestRequest.Ascii(cache.At(start + TimeSpan.TicksPerSecond)));
    }

    private static GlobalSettings Adding(params (string Name, string Value)[] headers) => new()
    {
        ResponseHeaders = [.. headers.Select(h => new HeaderTemplate(h.Name, TestRequest.Text(h.Value)))],
    };

    private static Route WithHeaders(params (string Name, string Value)[] headers) => TestRequest.PlainRoute with
    {
        ResponseHeaders = new ResponseHeadersPolicy([.. headers.Select(h => new HeaderTemplate(h.Name, Template.Literal(h.Value)))]),
    };

    private static WrittenHeaders Pass(
        string[] response,
        GlobalSettings? settings = null,
        Route? route = null,
        ConnectionFacts? connection = null,
        string requestHeader = "X-Any: 1",
        string target = "/",
        int status = 200)
    {
        var context = Context([requestHeader], settings ?? new GlobalSettings(), route ?? TestRequest.PlainRoute, connection, target);
        context.Status = status;
        var written = new WrittenHeaders();
        context.Policies.ResponseHeaders.WriteUpstreamResponse(context, ResponseOf(response), status, "Fri, 02 Jan 2026 15:04:05 GMT"u8, written);
        return written;
    }

    private static HeaderBlock ResponseOf(string[] lines)
    {
        var block = new HeaderBlock();
        var text = string.Join('\n', lines);
        block.Buffer = System.Text.Encoding.Latin1.GetBytes(text);
        var start = 0;
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            block.Add(start, colon, start + colon + 2, line.Length - colon - 2);
            start += line.Length + 1;
        }

        return block;
    }

    private static WrittenHeaders Answer(OwnAnswer answer, GlobalSettings settings, Route route, ConnectionFacts? connection = null)
    {
        var context = Context([], settings, route, connection);
        var written = new WrittenHeaders();
        context.Policies.ResponseHeaders.WriteOwnAnswer(context, answer, "now"u8, written);
        return written;
    }

    private static RequestContext Context(
        string[] requestHeaders, GlobalSettings settings, Route route, ConnectionFacts? connection = null, string target = "/") =>
        TestRequest.Read(TestRequest.Get(target, requestHeaders), settings, route, connection);
}
