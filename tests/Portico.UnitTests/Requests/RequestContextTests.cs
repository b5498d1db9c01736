using System.Text.RegularExpressions;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Requests;
using Portico.Proxy.Balancing;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Requests;

public partial class RequestContextTests
{
    [Theory]
    [InlineData("H.Test", "h.test")]
    [InlineData("h.test:8080", "h.test")]
    [InlineData("h.test.", "h.test")]
    [InlineData("H.TEST.:80", "h.test")]
    [InlineData("[2001:DB8::1]:80", "[2001:db8::1]")]
    public void The_host_name_is_lower_case_without_port_and_dot(string host, string name) =>
        Assert.Equal(name, TestRequest.Ascii(TestRequest.Read($"GET / HTTP/1.1\nHost: {host}").HostName));

    [Fact]
    public void A_request_without_a_host_bears_the_name_of_its_virtual_host()
    {
        Assert.Equal("_", TestRequest.Ascii(TestRequest.Read("GET / HTTP/1.0").HostName));
        Assert.Equal("h.test", TestRequest.Ascii(TestRequest.Read("GET / HTTP/1.0", route: TestRequest.PlainRoute).HostName));
    }

    [Fact]
    public void The_clients_request_id_is_kept() =>
        Assert.Equal("mine", TestRequest.Ascii(TestRequest.Read(TestRequest.Get("/", "x-request-id: mine")).RequestId));

    [Theory]
    [InlineData("X-A: 1")]
    [InlineData("X-Request-ID: ")]
    public void A_missing_or_empty_request_id_is_made_up_once(string header)
    {
        var context = TestRequest.Read(TestRequest.Get("/", header));
        var id = TestRequest.Ascii(context.RequestId);
        Assert.Matches(RequestIdPattern(), id);
        Assert.Equal(id, TestRequest.Ascii(context.RequestId));
        TestRequest.Begin(context, TestRequest.Get());
        Assert.NotEqual(id, TestRequest.Ascii(context.RequestId));
    }

    [Fact]
    public void No_request_id_is_made_up_when_that_is_off() =>
        Assert.True(TestRequest.Read(TestRequest.Get(), new GlobalSettings { GenerateRequestId = false }).RequestId.IsEmpty);

    [Fact]
    public void The_path_is_normalised_but_forwarded_as_sent()
    {
        var context = TestRequest.Read(TestRequest.Get("//a/%62/../c%20d?x=%zz"));
        Assert.Equal("/a/c d", TestRequest.Ascii(context.NormalizedPath));
        Assert.Equal("//a/%62/../c%20d?x=%zz", TestRequest.Ascii(context.ForwardedTarget));
    }

    [Fact]
    public void An_absolute_target_without_a_path_is_the_root()
    {
        var context = TestRequest.Read("GET http://h.test HTTP/1.1\nHost: h.test");
        Assert.Equal("/", TestRequest.Ascii(context.NormalizedPath));
        Assert.Equal("/", TestRequest.Ascii(context.ForwardedTarget));
    }

    [Fact]
    public void Nothing_of_a_request_is_left_when_the_next_begins()
    {
        var route = TestRequest.PlainRoute with
        {
            Rewrite = new RewritePolicy("/(.*)", TestRequest.Text("/new/$1"), TestRequest.Text("/prefix")),
        };
        var context = TestRequest.Read(
            TestRequest.Get("/old", "X-Forwarded-For: 1.1.1.1"),
            new GlobalSettings { Forwarded = new ForwardedHeadersSettings { EnableRealIp = true } },
            route);
        Assert.False(Proxy.Policies.PolicyPipeline.BeforeEndpoints(context).IsAnswer);
        Assert.True(context.IsRewritten);
        Assert.True(context.HasForwardedPrefix);
        Assert.Equal("1.1.1.1", TestRequest.Ascii(context.ClientText));
        context.Location.Append("x"u8);
        context.Canary = new BackendRegistry(1).GetOrAdd(Models.Backend("canary"));
        context.SessionCookies.Append("x"u8);
        context.AddAttempt([1]).Status = 502;
        context.Status = 502;
        context.Reason = AnswerReason.UpstreamReset;
        context.BytesSent = context.BodyBytesSent = context.RequestLength = 1;
        context.UpstreamHeaders = new();
        context.Finish(5, 6);

        TestRequest.Begin(context, "GET /next HTTP/1.1\nHost: other.test");
        Assert.False(context.IsRewritten);
        Assert.False(context.HasForwardedPrefix);
        Assert.Equal(0, context.Groups.Count);
        Assert.Null(context.Route);
        Assert.Null(context.Backend);
        Assert.Empty(context.AlternativeUpstreamName);
        Assert.Equal(0, context.SessionCookies.Length);
        Assert.Equal("127.0.0.1", TestRequest.Ascii(context.ClientText));
        Assert.Equal("other.test", TestRequest.Ascii(context.HostName));
        Assert.Equal("/next", TestRequest.Ascii(context.ForwardedTarget));
        Assert.Equal("/next", TestRequest.Ascii(context.CurrentPath));
        Assert.Equal(0, context.Location.Length);
        Assert.True(context.Attempts.IsEmpty);
        Assert.Equal((0, AnswerReason.None, 0L, 0L, 0L), (context.Status, context.Reason, context.BytesSent, context.BodyBytesSent, context.RequestLength));
        Assert.Null(context.UpstreamHeaders);
        Assert.Equal((0L, 0L), (context.FinishedTimestamp, context.FinishedUtcTicks));
    }

    [Fact]
    public void The_settings_are_compiled_once_for_all_requests()
    {
        var settings = new GlobalSettings();
        Assert.Same(CompiledSettings.For(settings), CompiledSettings.For(settings));
        Assert.NotSame(CompiledSettings.For(settings), CompiledSettings.For(new GlobalSettings()));
    }

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex RequestIdPattern();
}
