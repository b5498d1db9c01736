using System.Collections.Immutable;
using Portico.Control;
using Portico.Ingress;
using Portico.Model;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Routing;
using Portico.UnitTests.Observing;
using Xunit;

namespace Portico.UnitTests.Control;

public class FindingReporterTests
{
    private static readonly ObjectReference Cafe = new("Ingress", "default", "cafe");

    private readonly ScriptedOutput _output = new();
    private readonly ErrorLogWriter _log;
    private readonly FindingReporter _reporter;

    public FindingReporterTests()
    {
        _log = new ErrorLogWriter(_output, TimeProvider.System);
        _reporter = new FindingReporter(_log);
    }

    [Fact]
    public void A_finding_is_told_when_it_appears_and_again_only_when_it_changes_or_comes_back()
    {
        Find("the certificate expires at noon");
        Find("the certificate expires at noon");
        Find("the certificate has expired");
        Find();
        Find("the certificate has expired");

        Assert.Equal(["expires at noon", "has expired", "has expired"], Lines().Select(line => line[(line.IndexOf("certificate ", StringComparison.Ordinal) + 12)..]));
    }

    [Fact]
    public void A_problem_of_several_paths_is_one_line_and_not_repeated_by_the_next_publication()
    {
        var origin = new RouteOrigin { Namespace = "default", Name = "cafe", Path = "/a" };
        var first = new RoutingProblem("cafe.test", origin, RoutingProblem.UnknownVariable, "there is no variable $x");
        ImmutableArray<RoutingProblem> problems = [first, first with { Route = origin with { Path = "/b" } }];

        _reporter.Report(problems);
        _reporter.Report([.. problems.Select(problem => problem with { })]);

        Assert.EndsWith("[warn] Ingress default/cafe: host cafe.test: there is no variable $x", Assert.Single(Lines()));
    }

    [Fact]
    public void A_problem_that_has_gone_is_told_when_it_comes_back()
    {
        var problem = new RoutingProblem("", null, RoutingProblem.NeedsRestart, "restart");
        _reporter.Report([problem]);
        _reporter.Report([]);
        _reporter.Report([problem]);

        Assert.Equal(2, Lines().Length);
    }

    private void Find(params string[] messages)
    {
        ImmutableArray<Finding> findings = [.. messages.Select(m => new Finding(Cafe, "spec.tls", FindingSeverity.Warning, "Certificate", m))];
        var all = ImmutableDictionary<ObjectReference, ImmutableArray<Finding>>.Empty;
        _reporter.Report(new TranslationResult(GatewayModel.Empty, findings.IsEmpty ? all : all.Add(Cafe, findings), [Cafe]));
    }

    private string[] Lines()
    {
        _log.Start();
        Assert.True(_log.Stop(TimeSpan.FromSeconds(30)));
        return _output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
