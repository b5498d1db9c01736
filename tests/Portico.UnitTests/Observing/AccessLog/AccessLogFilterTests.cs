using System.Text;
using Portico.Model;
using Portico.Proxy.Observing.AccessLog;
using Xunit;

namespace Portico.UnitTests.Observing.AccessLog;

public class AccessLogFilterTests
{
    private static readonly Route Ordinary = new()
    {
        Origin = new RouteOrigin { Namespace = "ns", Name = "i", Host = "h.test" },
        Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/") },
        Action = new RouteAction.Respond(404, "no_route"),
    };

    private static readonly Route UnknownHosts = Ordinary with { Origin = new RouteOrigin { Host = VirtualHost.AnyHost } };

    private static bool Admits(AccessLogSettings settings, Route? route, string target = "/a?b=1") =>
        new AccessLogFilter(settings).Admits(route, Encoding.UTF8.GetBytes(target));

    [Fact]
    public void Ordinary_and_malformed_requests_are_logged()
    {
        Assert.True(Admits(new AccessLogSettings(), Ordinary));
        Assert.True(Admits(new AccessLogSettings(), null));
    }

    [Fact]
    public void Everything_can_be_switched_off()
    {
        Assert.False(Admits(new AccessLogSettings { Enabled = false }, Ordinary));
        Assert.False(Admits(new AccessLogSettings { Enabled = false }, null));
    }

    [Fact]
    public void A_route_can_be_left_out() => Assert.False(Admits(new AccessLogSettings(), Ordinary with { AccessLog = false }));

    [Fact]
    public void The_health_page_is_never_logged() =>
        Assert.False(Admits(new AccessLogSettings { LogDefaultBackend = true }, UnknownHosts with { Action = new RouteAction.Health() }));

    [Fact]
    public void Unknown_hosts_are_logged_only_when_asked_for()
    {
        Assert.False(Admits(new AccessLogSettings(), UnknownHosts));
        Assert.True(Admits(new AccessLogSettings { LogDefaultBackend = true }, UnknownHosts));
        // A path that no rule of a known host takes.
        Assert.True(Admits(new AccessLogSettings(), Ordinary with { Origin = new RouteOrigin { Host = "h.test" } }));
    }

    [Theory]
    [InlineData("/ping", "/ping", false)]
    [InlineData("/ping", "/PING", false)]
    [InlineData("/ping", "/ping?x=1", true)]
    [InlineData("/ping", "/ping/", true)]
    [InlineData("~^/health", "/healthz?x", false)]
    [InlineData("~^/health", "/HEALTHZ", true)]
    [InlineData("~*^/health", "/HEALTHZ", false)]
    [InlineData("~\\.png$", "/a.png", false)]
    [InlineData("~(unclosed", "/(unclosed", true)]
    public void Targets_are_skipped_as_keys_of_an_nginx_map(string entry, string target, bool logged) =>
        Assert.Equal(logged, Admits(new AccessLogSettings { SkipTargets = ["/other", entry] }, Ordinary, target));

    [Fact]
    public void An_unusable_expression_is_told()
    {
        Assert.NotNull(SkippedTargets.FindError("~(unclosed"));
        Assert.NotNull(SkippedTargets.FindError("~(a)\\1"));
        Assert.Null(SkippedTargets.FindError("~^/a"));
        Assert.Null(SkippedTargets.FindError("/(plain"));
    }
}
