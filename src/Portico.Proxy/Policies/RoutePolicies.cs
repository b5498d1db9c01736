using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Headers;
using Portico.Proxy.Requests;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Policies;

/// <summary>
/// The policies of one route in executable form; members that are null cost nothing. <see cref="PolicyPipeline"/> runs them.
/// Immutable, shared by all shards.
/// </summary>
public sealed class RoutePolicies
{
    private RoutePolicies(
        Route route, CompiledSettings settings, PolicyBindings bindings, DenialFilter? denial, RewriteFilter? rewrite, UpstreamTls? upstreamTls)
    {
        UpstreamTls = upstreamTls;
        Labels = new RouteLabels(route);
        Denial = denial;
        MaxBodyBytes = route.MaxBodyBytes ?? long.MaxValue;
        ActionRedirect = route.Action is RouteAction.Redirect action ? new RedirectAnswer(action.Policy) : null;
        FixedAnswer = route.Action switch
        {
            RouteAction.Respond respond => new OwnAnswer(AnswerReasons.Parse(respond.Reason), respond.Status),
            RouteAction.Health => OwnAnswer.For(AnswerReason.Health) with { Body = AnswerBody.None },
            RouteAction.ServerStatus => OwnAnswer.For(AnswerReason.ServerStatus) with { Body = AnswerBody.LocationText },
            _ => null,
        };
        ErrorPages = route.ErrorPages is null ? null : new ErrorPageFilter(route.ErrorPages, route.Upstream);
        ResponseHeaders = settings.ResponseHeaders;
        if (denial is null)
        {
            ResponseHeaders = ResponseHeaderPlan.ForRoute(route, settings);
            Redirect = route.Redirect is null ? null : new RedirectAnswer(route.Redirect);
            Rewrite = rewrite;
            HttpsRedirect = route.HttpsRedirect is null ? null : new HttpsRedirectFilter(route.HttpsRedirect);
            SourceRanges = SourceRangeFilter.Compile(route.SourceRanges, settings.BlockedClients);
            SessionCookie = route.SessionCookie is null ? null : new SessionAffinityFilter(route.SessionCookie);
            Limits = route.Limits is null ? null : new LimitFilter(route.Limits, settings.Model.Limits, bindings.State);
            Access = CompileAccess(route, bindings);
            AuthHeaders = AuthRequestHeaders.For(Access);
            FastCgi = route.Upstream.Protocol == UpstreamProtocol.FastCgi ? new FastCgiRequestParameters(route.Upstream.FastCgi) : null;
            UpstreamHost = route.Upstream.Host is null ? null : CompiledTemplate.Compile(route.Upstream.Host, rewrite?.GroupNames);
        }

        UnknownVariables = [.. FindUnknownVariables().Distinct()];
        Problems = [.. FindProblems()];
    }

    /// <summary>What was found wrong while compiling, for people: a closed route and why, variables that do not exist.</summary>
    public ImmutableArray<string> Problems { get; }

    /// <summary>Variables of the route and of the settings for all routes that do not exist.</summary>
    internal ImmutableArray<string> UnknownVariables { get; }

    internal RouteLabels Labels { get; }

    internal long MaxBodyBytes { get; }

    internal DenialFilter? Denial { get; }

    internal CorsFilter? Cors => ResponseHeaders.Cors;

    internal RedirectAnswer? Redirect { get; }

    internal RewriteFilter? Rewrite { get; }

    internal HttpsRedirectFilter? HttpsRedirect { get; }

    internal SourceRangeFilter? SourceRanges { get; }

    internal LimitFilter? Limits { get; }

    /// <summary>Asks who the client is, source ranges included; null when the route asks nobody, and then <see cref="SourceRanges"/> are all.</summary>
    internal AccessFilter? Access { get; }

    /// <summary>What <see cref="Access"/> makes of the headers for the backend; null for nothing.</summary>
    internal AuthRequestHeaders? AuthHeaders { get; }

    /// <summary>The redirect that the route is for; no policy runs before it.</summary>
    internal RedirectAnswer? ActionRedirect { get; }

    /// <summary>The answer of a route that does not forward and does not redirect.</summary>
    internal OwnAnswer? FixedAnswer { get; }

    internal ResponseHeaderPlan ResponseHeaders { get; }

    /// <summary>Writes the cookies of new sessions; null when the route never does.</summary>
    internal SessionAffinityFilter? SessionCookie { get; }

    /// <summary>Which answers, of backends and of the gateway, an error backend makes instead; it steps in after all others have spoken.</summary>
    internal ErrorPageFilter? ErrorPages { get; }

    /// <summary>How the backend is spoken to over TLS; null for the usual way.</summary>
    internal UpstreamTls? UpstreamTls { get; }

    /// <summary>What FastCGI applications are told; null where none is spoken to.</summary>
    internal FastCgiRequestParameters? FastCgi { get; }

    /// <summary>The Host that the backend is told (<c>upstream-vhost</c>); null for the client's.</summary>
    internal CompiledTemplate? UpstreamHost { get; }

    public static RoutePolicies Compile(Route route, GlobalSettings settings) => Compile(route, CompiledSettings.For(settings), PolicyBindings.Alone());

    internal static RoutePolicies Compile(Route route, CompiledSettings settings, PolicyBindings bindings)
    {
        var denial = route.Denial is null ? null : new DenialFilter(AnswerReason.DeniedConfiguration, route.Denial.Cause);
        RewriteFilter? rewrite = null;
        if (denial is null && route.Rewrite is not null && !RewriteFilter.TryCompile(route.Rewrite, out rewrite, out var error))
        {
            // Passing the path on unchanged could open what the rewrite was to hide: closed instead.
            denial = new DenialFilter(AnswerReason.BadRegex, $"the expression '{route.Rewrite.Pattern}' cannot be used: {error}");
        }

        UpstreamTls? upstreamTls = null;
        if (denial is null && route.Upstream is { Protocol: not (UpstreamProtocol.Http or UpstreamProtocol.Http2 or UpstreamProtocol.FastCgi), Tls: { } tls } && !Portico.Proxy.Upstream.UpstreamTls.TryCompile(tls, out upstreamTls, out var problem))
        {
            // Without these settings the backend could be anybody.
            denial = new DenialFilter(AnswerReason.DeniedConfiguration, $"TLS to the backend with Secret {tls.Name}: {problem}");
        }

        return new RoutePolicies(route, settings, bindings, denial, rewrite, upstreamTls);
    }

    /// <summary>What a request meets that no route took: the access rules of the installation, then 404.</summary>
    internal static RoutePolicies ForUnmatched(CompiledSettings settings) =>
        Compile(
            new Route
            {
                Origin = new RouteOrigin(),
                Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/") },
                Action = new RouteAction.Respond(404, AnswerReasons.Of(AnswerReason.NoRoute).Label),
            },
            settings,
            PolicyBindings.Alone());

    private AccessFilter? CompileAccess(Route route, PolicyBindings bindings)
    {
        if (route.BasicAuth is null && route.ExternalAuth is null)
        {
            return null;
        }

        var password = route.BasicAuth;
        return new AccessFilter(
            SourceRanges,
            password is { Digest: false } ? new BasicAuthFilter(password, bindings.State) : null,
            password is { Digest: true } ? new DigestAuthFilter(password, bindings.State) : null,
            route.ExternalAuth is null ? null : new ExternalAuthFilter(route.ExternalAuth, route, bindings.State, bindings.Resolve),
            route.SatisfyAny);
    }

    private IEnumerable<string> FindProblems()
    {
        if (Denial is not null)
        {
            yield return $"every request is answered {Denial.Answer.Status}: {Denial.Cause}";
        }

        foreach (var name in UnknownVariables)
        {
            yield return $"there is no variable ${name}; it is taken as empty";
        }
    }

    private IEnumerable<string> FindUnknownVariables() => ResponseHeaders.UnknownVariables
        .Concat(ActionRedirect?.UnknownVariables ?? [])
        .Concat(Redirect?.UnknownVariables ?? [])
        .Concat(Rewrite?.UnknownVariables ?? [])
        .Concat(UpstreamHost?.UnknownNames ?? [])
        .Concat(FastCgi?.UnknownVariables ?? [])
        .Concat(Access?.External?.UnknownVariables ?? []);
}
