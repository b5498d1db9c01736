using System.Text;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.UnitTests.Requests;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public class CanaryShareTests
{
    private static readonly CanaryPolicy Nothing = new(Models.Id("canary"), new ObjectReference("Ingress", "ns", "canary"));

    private readonly BackendRegistry _registry = new(1);

    public static TheoryData<string, string?, string?, string, bool> Header => new()
    {
        { "X-Go: always", null, null, "", true },
        { "x-GO: always", null, null, "", true },
        { "X-Go: never", null, null, "go=always", false },
        { "X-Go: else", null, null, "go=always", true },
        { "X-Go: else", null, null, "go=never", false },
        { "X-Go: else", null, null, "go=else", false },
        { "X-Other: always", null, null, "", false },
        { "X-Other: a", null, null, "GO=always", true },
        { "X-Go: yes", "yes", null, "", true },
        { "X-Go: Yes", "yes", null, "", false },
        { "X-Go: always", "yes", null, "", false },
        { "X-Go: never", "yes", null, "go=always", true },
        { "X-Go: other", "yes", ".*", "", false },
        { "X-Go: xDoCanaryx", null, "Do[A-Z]", "", true },
        { "X-Go: docanary", null, "Do[A-Z]", "go=always", true },
        { "X-Go: docanary", null, "Do[A-Z]", "", false },
        { "X-Go: anything", null, "[][**", "go=always", false },
        { "X-Go: a", null, "(?=a)", "go=always", false },
        { "X-Other: a", null, "[][**", "go=always", true },
    };

    [Theory]
    [MemberData(nameof(Header))]
    public void Header_comes_before_cookie(string header, string? value, string? pattern, string cookie, bool taken)
    {
        var policy = Nothing with { Header = "X-Go", HeaderValue = value, HeaderPattern = value is null ? pattern : null, Cookie = "go" };
        Assert.Equal(taken, Takes(policy, header, cookie.Length > 0 ? "Cookie: a=b; " + cookie : "X-No: cookie"));
    }

    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(100, 100, 100)]
    [InlineData(150, 100, 100)]
    [InlineData(-5, 100, 0)]
    [InlineData(100, 400, 25)]
    [InlineData(10, 100, 10)]
    public void The_weight_is_a_share_of_the_total(int weight, int total, int percent)
    {
        var (main, _) = Backends(Nothing with { Weight = weight, WeightTotal = total });
        var context = TestRequest.Read(TestRequest.Get());
        var taken = Enumerable.Range(0, 10_000).Count(i => main.Canary!.Takes(context, main, (uint)(i * (uint.MaxValue / 10_000.0))));
        Assert.InRange(taken, (percent * 100) - 2, (percent * 100) + 2);
    }

    [Fact]
    public void A_session_of_the_main_backend_stays_there_and_one_of_the_canary_stays_with_it()
    {
        var policy = Nothing with { Header = "X-Go" };
        var bound = (string service) => $"Cookie: INGRESSCOOKIE=key|{Encoding.ASCII.GetString(SessionKeys.OfBackend($"ns-{service}-80"))}";
        Assert.False(Takes(policy, "X-Go: always", bound("main"), sticky: true));
        Assert.True(Takes(policy, "X-Go: never", bound("canary"), sticky: true));
        Assert.True(Takes(policy, "X-Go: always", bound("other"), sticky: true));
        Assert.False(Takes(policy, "X-Go: never", "Cookie: INGRESSCOOKIE=key", sticky: true));
        Assert.True(Takes(policy, "X-Go: always", bound("main")));
    }

    [Fact]
    public void A_canary_without_endpoints_takes_nothing()
    {
        var (main, canary) = Backends(Nothing with { Weight = 100 });
        _registry.Update(canary.Model with { Endpoints = [] });
        Assert.False(main.Canary!.Takes(TestRequest.Read(TestRequest.Get()), main, 0));
    }

    [Fact]
    public void An_expression_that_cannot_be_run_is_told_once()
    {
        Backends(Nothing with { Header = "X-Go", HeaderPattern = "(?=a)" });
        Assert.Contains("Ingress ns/canary: canary-by-header-pattern '(?=a)'", Assert.Single(_registry.FindBrokenCanaries()).Message);
    }

    private bool Takes(CanaryPolicy policy, string header, string second, bool sticky = false)
    {
        var (main, _) = Backends(policy, sticky);
        return main.Canary!.Takes(TestRequest.Read(TestRequest.Get("/", header, second)), main, 0);
    }

    private (BackendState Main, BackendState Canary) Backends(CanaryPolicy policy, bool sticky = false)
    {
        var affinity = sticky ? new SessionAffinityPolicy() : null;
        var model = Models.Gateway([]) with { Backends = System.Collections.Immutable.ImmutableDictionary<BackendId, Backend>.Empty };
        Backend[] backends =
        [
            Models.Backend("main", "10.0.0.1:80") with { Canary = policy, Affinity = affinity },
            Models.Backend("canary", "10.0.0.2:80") with { Affinity = affinity },
        ];
        _registry.Apply(model.Backends.AddRange(backends.Select(b => KeyValuePair.Create(b.Id, b))));
        Assert.True(_registry.TryGet(Models.Id("main"), out var main));
        Assert.True(_registry.TryGet(Models.Id("canary"), out var canary));
        return (main, canary);
    }
}
