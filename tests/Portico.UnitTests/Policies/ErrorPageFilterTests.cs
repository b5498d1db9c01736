using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class ErrorPageFilterTests
{
    [Theory]
    [InlineData(404, true)]
    [InlineData(599, true)]
    [InlineData(300, true)]
    [InlineData(500, false)]
    [InlineData(299, false)]
    [InlineData(600, false)]
    [InlineData(0, false)]
    public void Only_listed_statuses_are_replaced(int status, bool replaced) =>
        Assert.Equal(replaced, Filter(404, 599, 300, 299, 600).Replaces(status));

    [Fact]
    public void An_answer_is_replaced_once()
    {
        var context = Request();
        var filter = Filter(404);
        Assert.True(filter.Intercepts(context, 404));

        context.BeginErrorPage(404, omitBody: false);

        Assert.False(filter.Intercepts(context, 404));
        Assert.Null(filter.Turn(context, 404, AnswerReason.UpstreamReset));
        Assert.Equal(502, new ErrorPageFilter(new ErrorPagePolicy(new StatusList([502]), true), UpstreamPolicy.Default)
            .WithoutBackend(context, OwnAnswer.For(AnswerReason.UpstreamReset)).Status);
    }

    [Fact]
    public void Without_interception_only_the_gateways_own_errors_are_replaced()
    {
        var filter = new ErrorPageFilter(new ErrorPagePolicy(new StatusList([404]), InterceptsBackend: false), UpstreamPolicy.Default);

        Assert.False(filter.Intercepts(Request(), 404));
        Assert.Equal(404, filter.WithoutBackend(Request(), new OwnAnswer(AnswerReason.NoEndpoints, 404)).Status);
    }

    [Fact]
    public void Nobody_there_to_make_the_page_means_404_with_the_reason_kept()
    {
        var answer = Filter(503).WithoutBackend(Request(), OwnAnswer.For(AnswerReason.NoEndpoints));

        Assert.Equal((404, AnswerReason.NoEndpoints), (answer.Status, answer.Reason));
    }

    [Fact]
    public void The_question_has_the_root_for_its_path_and_keeps_the_query()
    {
        var context = Request("/a/b?x=1");
        context.BeginErrorPage(404, omitBody: false);

        Assert.Equal("/?x=1", TestRequest.Ascii(context.ForwardedTarget));
    }

    [Fact]
    public void The_facts_are_the_gateways_whatever_the_client_says()
    {
        var context = Request("/p?x=1", "X-Code: 200", "x-namespace: theirs", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: gopher", "Proxy: x", "Accept: a/b", "X-Keep: 1", "Connection: close");
        context.BeginErrorPage(404, omitBody: false);
        var headers = new WrittenHeaders();
        ErrorPageRequestHeaders.Write(context, headers);

        Assert.Equal("404", headers["X-Code"]);
        Assert.Equal("a/b", headers["X-Format"]);
        Assert.Equal("/p?x=1", headers["X-Original-URI"]);
        Assert.Equal(("shop", "web", "echo", "http"), (headers["X-Namespace"], headers["X-Ingress-Name"], headers["X-Service-Name"], headers["X-Service-Port"]));
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("gopher", headers["X-Forwarded-Proto"]);
        Assert.Equal("1", headers["X-Keep"]);
        Assert.Null(headers["Proxy"]);
        Assert.Null(headers["Connection"]);
    }

    [Fact]
    public void The_next_request_begins_without_a_page()
    {
        var context = Request();
        context.BeginErrorPage(404, omitBody: true);
        TestRequest.Begin(context, TestRequest.Get());

        Assert.False(context.IsErrorPage);
        Assert.False(context.OmitsBody);
        Assert.Equal(0, context.ReplacedStatus);
    }

    private static ErrorPageFilter Filter(params int[] statuses) => new(new ErrorPagePolicy(new StatusList(statuses), true), UpstreamPolicy.Default);

    private static RequestContext Request(string target = "/", params string[] headers) =>
        TestRequest.Read(TestRequest.Get(target, headers), route: TestRequest.PlainRoute);
}
