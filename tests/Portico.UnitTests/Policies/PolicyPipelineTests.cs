using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class PolicyPipelineTests
{
    private const string Preflight = "OPTIONS /x HTTP/1.1\nHost: h.test\nOrigin: http://o.test\nContent-Length: 5";
    private const string Post = "POST /x HTTP/1.1\nHost: h.test\nContent-Length: 5";

    /// <summary>A route with every policy there is; each test takes those away that come before the one it is about.</summary>
    private static readonly Route Everything = TestRequest.PlainRoute with
    {
        MaxBodyBytes = 4,
        Denial = new DenialPolicy("bad annotation"),
        Cors = new CorsPolicy { AllowOrigins = ["*"] },
        Redirect = TestRequest.RedirectTo("http://elsewhere.test", 301),
        Rewrite = new RewritePolicy("/x", TestRequest.Text("https://rewritten.test/")),
        HttpsRedirect = new HttpsRedirectPolicy { Always = true },
        SourceRanges = new SourceRangePolicy([], [AddressRange.Parse("10.0.0.0/8")]),
    };

    [Fact]
    public void The_announced_body_comes_first() => Expect(Everything, Preflight, AnswerReason.BodyTooLarge, 413);

    [Fact]
    public void Then_the_closed_route() => Expect(Everything with { MaxBodyBytes = 5 }, Preflight, AnswerReason.DeniedConfiguration, 503);

    [Fact]
    public void Then_the_preflight() => Expect(Without(e => e with { Denial = null }), Preflight, AnswerReason.CorsPreflight, 204);

    [Fact]
    public void Then_the_fixed_redirect() => Expect(Without(e => e with { Denial = null }), Post, AnswerReason.Redirect, 301);

    [Fact]
    public void Then_the_rewrite() => Expect(Without(e => e with { Denial = null, Redirect = null }), Post, AnswerReason.Redirect, 302);

    [Fact]
    public void Then_the_https_redirect() =>
        Expect(Without(e => e with { Denial = null, Redirect = null, Rewrite = null }), Post, AnswerReason.HttpsRedirect, 308);

    [Fact]
    public void Then_the_endpoints_and_then_the_source_ranges()
    {
        var route = Without(e => e with { Denial = null, Redirect = null, Rewrite = null, HttpsRedirect = null });
        var context = TestRequest.Read(Post, route: route);
        Assert.False(PolicyPipeline.BeforeEndpoints(context).IsAnswer);
        var answer = PolicyPipeline.AfterEndpoints(context).Answer;
        Assert.Equal((AnswerReason.SourceDenied, 403), (answer.Reason, answer.Status));
    }

    [Fact]
    public void The_fixed_answer_comes_after_https_redirect_and_source_ranges()
    {
        var notFound = new RouteAction.Respond(404, "no_route");
        Expect(TestRequest.PlainRoute with { Action = notFound, HttpsRedirect = Everything.HttpsRedirect }, Post, AnswerReason.HttpsRedirect, 308);
        Assert.Equal(AnswerReason.SourceDenied, After(TestRequest.PlainRoute with { Action = notFound, SourceRanges = Everything.SourceRanges }).Answer.Reason);
        var answer = After(TestRequest.PlainRoute with { Action = notFound }).Answer;
        Assert.Equal((AnswerReason.NoRoute, 404), (answer.Reason, answer.Status));
    }

    [Fact]
    public void A_redirect_that_is_the_route_comes_before_everything()
    {
        var route = Everything with { Action = new RouteAction.Redirect(TestRequest.RedirectTo("/app")) };
        var context = Expect(route, Preflight, AnswerReason.Redirect, 302);
        Assert.Equal("http://h.test/app", TestRequest.Ascii(context.Location.Written));
    }

    [Fact]
    public void The_health_path_comes_before_access_rules()
    {
        var settings = new GlobalSettings { BlockedClients = [AddressRange.Parse("127.0.0.1")] };
        var context = TestRequest.Read(TestRequest.Get("/healthz"), settings, TestRequest.PlainRoute with { Action = new RouteAction.Health() });
        var answer = PolicyPipeline.BeforeEndpoints(context).Answer;
        Assert.Equal((AnswerReason.Health, 200), (answer.Reason, answer.Status));
        Assert.True(StockPages.BodyOf(in answer, context).IsEmpty);
    }

    [Fact]
    public void A_request_without_a_route_meets_blocked_clients_and_then_404()
    {
        var settings = new GlobalSettings { BlockedClients = [AddressRange.Parse("127.0.0.2")] };
        Assert.Equal(AnswerReason.ClientBlocked, Unmatched("127.0.0.2").Reason);
        Assert.Equal((AnswerReason.NoRoute, 404), (Unmatched("127.0.0.1").Reason, Unmatched("127.0.0.1").Status));

        OwnAnswer Unmatched(string peer)
        {
            var context = TestRequest.Read(TestRequest.Get(), settings, connection: TestRequest.Connection(peer));
            Assert.False(PolicyPipeline.BeforeEndpoints(context).IsAnswer);
            return PolicyPipeline.AfterEndpoints(context).Answer;
        }
    }

    [Fact]
    public void The_source_check_sees_the_real_address()
    {
        var settings = new GlobalSettings { Forwarded = new ForwardedHeadersSettings { EnableRealIp = true } };
        var route = TestRequest.PlainRoute with { SourceRanges = new SourceRangePolicy([], [AddressRange.Parse("1.2.3.0/24")]) };
        Assert.False(After(route, TestRequest.Get("/", "X-Forwarded-For: 1.2.3.4"), settings).IsAnswer);
        Assert.True(After(route, TestRequest.Get("/", "X-Forwarded-For: 4.3.2.1"), settings).IsAnswer);
        Assert.True(After(route, TestRequest.Get(), settings).IsAnswer);
    }

    [Theory]
    [InlineData(5L, false)]
    [InlineData(4L, true)]
    [InlineData(null, false)]
    public void A_body_of_exactly_the_limit_passes(long? limit, bool refused)
    {
        var context = TestRequest.Read(Post, route: TestRequest.PlainRoute with { MaxBodyBytes = limit });
        Assert.Equal(refused, PolicyPipeline.BeforeEndpoints(context).IsAnswer);
    }

    [Fact]
    public void A_preflight_has_no_body()
    {
        var route = TestRequest.PlainRoute with { Cors = new CorsPolicy { AllowOrigins = ["*"] } };
        var context = TestRequest.Read("OPTIONS / HTTP/1.1\nHost: h.test", route: route);
        var answer = PolicyPipeline.BeforeEndpoints(context).Answer;
        Assert.Equal(AnswerBody.None, answer.Body);
    }

    [Fact]
    public void A_route_without_policies_lets_everything_pass()
    {
        var context = TestRequest.Read(TestRequest.Get(), route: TestRequest.PlainRoute);
        Assert.False(PolicyPipeline.BeforeRouting(context).IsAnswer);
        Assert.False(PolicyPipeline.BeforeEndpoints(context).IsAnswer);
        Assert.False(PolicyPipeline.AfterEndpoints(context).IsAnswer);
        Assert.Empty(context.Policies.Problems);
    }

    [Fact]
    public void Cors_with_an_empty_list_is_no_cors()
    {
        var route = TestRequest.PlainRoute with { Cors = new CorsPolicy { AllowOrigins = [] } };
        Assert.False(PolicyPipeline.BeforeEndpoints(TestRequest.Read("OPTIONS / HTTP/1.1\nHost: h.test\nOrigin: http://o.test", route: route)).IsAnswer);
    }

    [Fact]
    public void Variables_that_do_not_exist_are_told_once()
    {
        var route = TestRequest.PlainRoute with
        {
            Redirect = TestRequest.RedirectTo("/$nosuch"),
            Upstream = new UpstreamPolicy { Host = TestRequest.Text("$nosuch") },
        };
        Assert.Contains("$nosuch", Assert.Single(RoutePolicies.Compile(route, new GlobalSettings()).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_passes_all_of_it_without_allocating()
    {
        var settings = new GlobalSettings
        {
            BlockedClients = [AddressRange.Parse("192.0.2.0/24")],
            Forwarded = new ForwardedHeadersSettings { UseForwardedHeaders = true, ComputeFullForwardedFor = true },
            RequestHeaders = [new HeaderTemplate("X-Host", TestRequest.Text("$host $remote_addr $uri"))],
            ResponseHeaders = [new HeaderTemplate("X-Id", TestRequest.Text("$req_id $time_local $request_time"))],
        };
        var route = TestRequest.PlainRoute with
        {
            Cors = new CorsPolicy { AllowOrigins = ["https://*.o.test"] },
            Rewrite = new RewritePolicy("/api/(.*)", TestRequest.Text("/v1/$1"), TestRequest.Text("/api")),
        };
        var context = TestRequest.Read(
            TestRequest.Get("/api/a%20b?x=1", "Origin: https://a.o.test", "X-Forwarded-For: 1.1.1.1, 2.2.2.2", "User-Agent: ua", "Accept: */*"), settings, route);
        var (head, compiled, connection) = (context.Head, context.Route, context.Connection);
        var log = CompiledTemplate.Compile(AccessLogSettings.DefaultFormat);
        var line = new ByteBuilder();
        Assert.Equal(0, Allocated.AtLeast(Serve));

        void Serve()
        {
            context.Begin(head, connection, context.Settings, null, 0);
            context.NormalizePath();
            context.Route = compiled;
            if (PolicyPipeline.BeforeRouting(context).IsAnswer || PolicyPipeline.BeforeEndpoints(context).IsAnswer || PolicyPipeline.AfterEndpoints(context).IsAnswer)
            {
                throw new InvalidOperationException();
            }

            context.Settings.RequestHeaders.Write(context, NoHeaders.Instance);
            context.Policies.ResponseHeaders.WriteUpstreamResponse(context, head.Headers, 200, "now"u8, NoHeaders.Instance);
            line.Clear();
            log.Append(context, line);
        }
    }

    private static Route Without(Func<Route, Route> change) => change(Everything with { MaxBodyBytes = 5 });

    private static RequestContext Expect(Route route, string head, AnswerReason reason, int status)
    {
        var context = TestRequest.Read(head, route: route);
        var decision = PolicyPipeline.BeforeEndpoints(context);
        Assert.True(decision.IsAnswer);
        Assert.Equal((reason, status), (decision.Answer.Reason, decision.Answer.Status));
        return context;
    }

    private static PolicyDecision After(Route route, string? head = null, GlobalSettings? settings = null)
    {
        var context = TestRequest.Read(head ?? TestRequest.Get(), settings, route);
        Assert.False(PolicyPipeline.BeforeEndpoints(context).IsAnswer);
        return PolicyPipeline.AfterEndpoints(context);
    }

    private sealed class NoHeaders : IHeaderWriter
    {
        public static NoHeaders Instance { get; } = new();

        public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
        }
    }
}
