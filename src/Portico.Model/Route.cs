using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Model;

/// <summary>
/// One rule: which requests it takes, what happens to them, and the policies on the way. All values are effective ones:
/// defaults of the installation are already filled in, so that the proxy looks nowhere else.
/// A policy that is null costs a request nothing.
/// </summary>
public sealed record Route
{
    public required RouteOrigin Origin { get; init; }

    public required RouteMatch Match { get; init; }

    public required RouteAction Action { get; init; }

    /// <summary>Refuses the whole route with 503 when its configuration could not be honoured safely.</summary>
    public DenialPolicy? Denial { get; init; }

    public CorsPolicy? Cors { get; init; }

    /// <summary>The fixed redirect of the permanent-redirect and temporal-redirect annotations.</summary>
    public RedirectPolicy? Redirect { get; init; }

    public HttpsRedirectPolicy? HttpsRedirect { get; init; }

    public SourceRangePolicy? SourceRanges { get; init; }

    public LimitPolicy? Limits { get; init; }

    public BasicAuthPolicy? BasicAuth { get; init; }

    public ExternalAuthPolicy? ExternalAuth { get; init; }

    /// <summary>Whether one of source ranges, basic and external authentication is enough, instead of all of them.</summary>
    public bool SatisfyAny { get; init; }

    public RewritePolicy? Rewrite { get; init; }

    public MirrorPolicy? Mirror { get; init; }

    /// <summary>How a new session's cookie is written, when the backend has sessions; null never writes one.</summary>
    public SessionCookiePolicy? SessionCookie { get; init; }

    public ResponseHeadersPolicy? ResponseHeaders { get; init; }

    public ResponseRewritePolicy? ResponseRewrite { get; init; }

    /// <summary>Errors that an error backend answers.</summary>
    public ErrorPagePolicy? ErrorPages { get; init; }

    /// <summary>Takes the requests when the route's own backend has no endpoints, and makes its error pages (<c>default-backend</c>).</summary>
    public BackendId? Substitute { get; init; }

    public UpstreamPolicy Upstream { get; init; } = UpstreamPolicy.Default;

    /// <summary>The largest request body in bytes, above it 413; null for no limit.</summary>
    public long? MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>Whether requests are written to the access log.</summary>
    public bool AccessLog { get; init; } = true;

    /// <summary>Whether requests are counted in the request metrics.</summary>
    public bool Metrics { get; init; } = true;
}

/// <summary>
/// Where a route comes from: the labels of its metrics and log lines, and the object to name in messages.
/// Empty strings stand for the built-in default backend.
/// </summary>
public sealed record RouteOrigin
{
    public string Namespace { get; init; } = "";

    /// <summary>The Ingress's (later: HTTPRoute's) name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The host text of the rule, or <see cref="VirtualHost.AnyHost"/>.</summary>
    public string Host { get; init; } = "";

    /// <summary>The path text of the rule.</summary>
    public string Path { get; init; } = "";

    public string Service { get; init; } = "";

    /// <summary>The Service port as the rule writes it: a number or a name.</summary>
    public string ServicePort { get; init; } = "";
}

/// <summary>What a route does with the requests that it takes.</summary>
public abstract record RouteAction
{
    private RouteAction()
    {
    }

    /// <summary>Sends the request to one of the backends, drawn by weight.</summary>
    public sealed record Forward(ImmutableArray<WeightedBackend> Backends) : RouteAction
    {
        public static Forward To(BackendId backend) => new([new WeightedBackend(backend, 1)]);
    }

    /// <summary>Answers with a redirect that the gateway makes; policies other than response headers do not run.</summary>
    public sealed record Redirect(RedirectPolicy Policy) : RouteAction;

    /// <summary>Answers by itself with a status and the stock page of that status.</summary>
    /// <param name="Reason">The answer's reason code, e.g. <c>no_route</c>.</param>
    public sealed record Respond(int Status, string Reason) : RouteAction;

    /// <summary>Answers 200 with an empty body and leaves no trace in logs or metrics (<c>/healthz</c> of the catch-all host).</summary>
    public sealed record Health : RouteAction;

    /// <summary>Answers with the numbers of connections and requests as text (<c>/nginx_status</c> of the catch-all host).</summary>
    public sealed record ServerStatus : RouteAction;
}

public sealed record WeightedBackend(BackendId Backend, int Weight);
