using System.Diagnostics;
using System.Globalization;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Balancing;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Requests;

public class VariablesTests
{
    private const string Head =
        "POST /a%20b//c?x=1&Token=t%20t&y HTTP/1.1\nHost: H.test:8081\nUser-Agent: ua/1\nCookie: a=1; session = s1 ;c=3\nAuthorization: Basic YWxpY2U6c2VjcmV0\n"
        + "Content-Type: text/x\nContent-Length: 5\nX-Multi: 1\nx-multi: 2\nmy_header: no";

    [Theory]
    [InlineData("request", "POST /a%20b//c?x=1&Token=t%20t&y HTTP/1.1")]
    [InlineData("request_method", "POST")]
    [InlineData("request_uri", "/a%20b//c?x=1&Token=t%20t&y")]
    [InlineData("escaped_request_uri", "%2Fa%2520b%2F%2Fc%3Fx%3D1%26Token%3Dt%2520t%26y")]
    [InlineData("uri", "/a b/c")]
    [InlineData("document_uri", "/a b/c")]
    [InlineData("args", "x=1&Token=t%20t&y")]
    [InlineData("query_string", "x=1&Token=t%20t&y")]
    [InlineData("is_args", "?")]
    [InlineData("arg_x", "1")]
    [InlineData("arg_token", "t%20t")]
    [InlineData("arg_y", null)]
    [InlineData("arg_z", null)]
    [InlineData("server_protocol", "HTTP/1.1")]
    [InlineData("host", "h.test")]
    [InlineData("http_host", "H.test:8081")]
    [InlineData("best_http_host", "H.test:8081")]
    [InlineData("http_user_agent", "ua/1")]
    [InlineData("http_referer", null)]
    [InlineData("http_x_multi", "1, 2")]
    [InlineData("http_my_header", null)]
    [InlineData("cookie_a", "1")]
    [InlineData("cookie_session", "s1")]
    [InlineData("cookie_c", "3")]
    [InlineData("cookie_d", null)]
    [InlineData("remote_user", "alice")]
    [InlineData("content_type", "text/x")]
    [InlineData("content_length", "5")]
    [InlineData("remote_addr", "127.0.0.1")]
    [InlineData("the_real_ip", "127.0.0.1")]
    [InlineData("realip_remote_addr", "127.0.0.1")]
    [InlineData("remote_port", "40000")]
    [InlineData("server_addr", "127.0.0.9")]
    [InlineData("server_port", "8080")]
    [InlineData("server_name", "h.test")]
    [InlineData("scheme", "http")]
    [InlineData("https", "")]
    [InlineData("pass_access_scheme", "http")]
    [InlineData("pass_server_port", "8080")]
    [InlineData("pass_port", "8080")]
    [InlineData("ssl_protocol", null)]
    [InlineData("ssl_cipher", null)]
    [InlineData("ssl_server_name", null)]
    [InlineData("proxy_protocol_addr", null)]
    [InlineData("connection", "77")]
    [InlineData("connection_requests", "3")]
    [InlineData("namespace", "shop")]
    [InlineData("ingress_name", "web")]
    [InlineData("service_name", "echo")]
    [InlineData("service_port", "http")]
    [InlineData("location_path", "/p")]
    [InlineData("proxy_upstream_name", "shop-echo-80")]
    [InlineData("proxy_host", "shop-echo-80")]
    [InlineData("proxy_alternative_upstream_name", "")]
    [InlineData("upstream_addr", null)]
    [InlineData("upstream_status", null)]
    [InlineData("upstream_http_location", null)]
    [InlineData("status", "000")]
    [InlineData("bytes_sent", "0")]
    public void A_variable_has_nginxs_value(string name, string? value) =>
        Assert.Equal(value, Value(TestRequest.Read(Head, route: TestRequest.PlainRoute), name));

    [Theory]
    [InlineData("https", "on")]
    [InlineData("scheme", "https")]
    [InlineData("ssl_protocol", "TLSv1.3")]
    [InlineData("ssl_cipher", "TLS_AES_256_GCM_SHA384")]
    [InlineData("ssl_server_name", "h.test")]
    [InlineData("pass_port", "443")]
    [InlineData("server_port", "8080")]
    public void Tls_shows_in_variables(string name, string value) =>
        Assert.Equal(value, Value(TestRequest.Read(TestRequest.Get(), connection: TestRequest.Connection(tls: true)), name));

    [Fact]
    public void A_header_with_underscores_is_seen_only_where_it_is_allowed()
    {
        var settings = new GlobalSettings { Client = new ClientLimits { UnderscoresInHeaders = true } };
        Assert.Equal("no", Value(TestRequest.Read(Head, settings), "http_my_header"));
    }

    [Theory]
    [InlineData("Basic !!!")]
    [InlineData("Basic YWxpY2U=")]
    [InlineData("Basic ")]
    [InlineData("Bearer YWxpY2U6c2VjcmV0")]
    public void Other_credentials_name_no_user(string value) =>
        Assert.Null(Value(TestRequest.Read(TestRequest.Get("/", "Authorization: " + value)), "remote_user"));

    [Fact]
    public void The_binary_address_has_four_or_sixteen_bytes()
    {
        Assert.Equal("\u007f\0\0\u0001", Value(TestRequest.Read(TestRequest.Get()), "binary_remote_addr"));
        Assert.Equal(16, Value(TestRequest.Read(TestRequest.Get(), connection: TestRequest.Connection("::1")), "binary_remote_addr")!.Length);
    }

    [Fact]
    public void Values_of_several_attempts_are_joined()
    {
        var context = TestRequest.Read(TestRequest.Get());
        ref var first = ref context.AddAttempt("10.0.0.1:80"u8.ToArray());
        first.Status = 502;
        first.ResponseMicroseconds = 3999;
        ref var second = ref context.AddAttempt("[::2]:80"u8.ToArray());
        second.Status = 200;
        second.ConnectMicroseconds = 0;
        second.HeaderMicroseconds = 1_500_000;
        second.ResponseMicroseconds = 1_501_000;
        second.ResponseLength = 146;
        second.BytesReceived = 300;
        context.AddAttempt("10.0.0.3:80"u8.ToArray());
        Assert.Equal("10.0.0.1:80, [::2]:80, 10.0.0.3:80", Value(context, "upstream_addr"));
        Assert.Equal("502, 200, -", Value(context, "upstream_status"));
        Assert.Equal("-, 0.000, -", Value(context, "upstream_connect_time"));
        Assert.Equal("-, 1.500, -", Value(context, "upstream_header_time"));
        Assert.Equal("0.003, 1.501, -", Value(context, "upstream_response_time"));
        Assert.Equal("0, 146, 0", Value(context, "upstream_response_length"));
        Assert.Equal("0, 300, 0", Value(context, "upstream_bytes_received"));
    }

    [Fact]
    public void The_outcome_is_printed_as_nginx_prints_it()
    {
        var context = new RequestContext();
        context.Begin(TestRequest.Parse(TestRequest.Get()), TestRequest.Connection(), CompiledSettings.Default, null, startedTimestamp: 10 * Stopwatch.Frequency);
        context.Status = 404;
        context.BytesSent = 300;
        context.BodyBytesSent = 146;
        context.RequestLength = 99;
        var end = new DateTime(2026, 1, 2, 15, 4, 5, 678, DateTimeKind.Utc);
        context.Finish((long)(10.25 * Stopwatch.Frequency), end.Ticks);
        Assert.Equal("404", Value(context, "status"));
        Assert.Equal("300", Value(context, "bytes_sent"));
        Assert.Equal("146", Value(context, "body_bytes_sent"));
        Assert.Equal("99", Value(context, "request_length"));
        Assert.Equal("0.250", Value(context, "request_time"));
        Assert.Equal("1767366245.678", Value(context, "msec"));
        // Both are in the time zone of the process, whatever that is here.
        Assert.Equal(new DateTimeOffset(end).AddMilliseconds(-678), DateTimeOffset.Parse(Value(context, "time_iso8601")!, CultureInfo.InvariantCulture));
        Assert.Matches(@"^\d\d/Jan/2026:\d\d:\d\d:05 [+-]\d{4}$", Value(context, "time_local"));
    }

    [Fact]
    public void Headers_of_the_response_are_variables_while_they_are_there()
    {
        var context = TestRequest.Read(TestRequest.Get());
        var response = TestRequest.Parse("GET / HTTP/1.1\nHost: x\nX-Powered-By: php\nLocation: /x").Headers;
        context.UpstreamHeaders = response;
        Assert.Equal("php", Value(context, "upstream_http_x_powered_by"));
        Assert.Equal("/x", Value(context, "sent_http_location"));
        context.UpstreamHeaders = null;
        Assert.Null(Value(context, "upstream_http_x_powered_by"));
    }

    [Fact]
    public void The_drawn_backend_has_its_own_name()
    {
        var context = TestRequest.Read(TestRequest.Get(), route: TestRequest.PlainRoute);
        context.Backend = new BackendRegistry(1).GetOrAdd(new Backend { Id = new BackendId("a", "b", "c"), Name = "a-canary-80" });
        Assert.Equal("a-canary-80", Value(context, "proxy_upstream_name"));
    }

    [Fact]
    public void A_rewrite_changes_the_path_but_not_the_request_uri()
    {
        var route = TestRequest.PlainRoute with { Rewrite = new RewritePolicy("/(.*)", TestRequest.Text("/new/$1 x")) };
        var context = TestRequest.Read(TestRequest.Get("/old"), route: route);
        PolicyPipeline.BeforeEndpoints(context);
        Assert.Equal("/new/old x", Value(context, "uri"));
        Assert.Equal("/old", Value(context, "request_uri"));
    }

    [Fact]
    public void A_template_is_literals_variables_and_groups()
    {
        var template = CompiledTemplate.Compile(Template.Parse("[$host]$$ ${request_method}x $1"));
        var output = new ByteBuilder();
        template.Append(TestRequest.Read(TestRequest.Get()), output);
        Assert.Equal("[h.test]$$ GETx ", TestRequest.Ascii(output.Written));
        Assert.Empty(template.UnknownNames);
    }

    [Fact]
    public void Unknown_names_are_told_and_evaluate_to_nothing()
    {
        var template = CompiledTemplate.Compile(Template.Parse("a$nginx_version-$http_-b$nosuch"));
        var output = new ByteBuilder();
        template.Append(TestRequest.Read(TestRequest.Get()), output);
        Assert.Equal("a--b", TestRequest.Ascii(output.Written));
        Assert.Equal(["nginx_version", "http_", "nosuch"], template.UnknownNames);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("plain", true)]
    [InlineData("$host", false)]
    [InlineData("$nosuch", true)]
    public void A_template_without_variables_is_literal(string text, bool literal) =>
        Assert.Equal(literal, CompiledTemplate.Compile(Template.Parse(text)).IsLiteral);

    [Fact]
    public void Every_variable_of_the_default_log_format_exists() =>
        Assert.Empty(CompiledTemplate.Compile(AccessLogSettings.DefaultFormat).UnknownNames);

    [Fact]
    public void Every_variable_can_be_read_before_anything_is_known()
    {
        var context = new RequestContext();
        context.Begin(new RequestHead(), new ConnectionFacts(), CompiledSettings.Default, null, 0);
        Assert.All(Variables.Names, name => Value(context, name));
    }

    private static string? Value(RequestContext context, string name)
    {
        Assert.True(Variables.TryFind(name, out var variable), name);
        var output = new ByteBuilder();
        var set = variable.TryAppend(context, output);
        Assert.True(set || output.Length == 0, name + " is unset but wrote something");
        return set ? TestRequest.Ascii(output.Written) : null;
    }
}
