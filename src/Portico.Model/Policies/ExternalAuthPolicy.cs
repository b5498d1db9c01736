using System.Collections.Immutable;
using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>Asks a service about every request; only its 2xx lets a request through.</summary>
public sealed record ExternalAuthPolicy
{
    public required SubrequestTarget Target { get; init; }

    /// <summary>The method of the question; null for GET without the headers that come with a configured one.</summary>
    public string? Method { get; init; }

    /// <summary>Where a client is sent instead of a 401.</summary>
    public Template? Signin { get; init; }

    /// <summary>The query parameter of <see cref="Signin"/> that carries the way back.</summary>
    public string SigninRedirectParameter { get; init; } = "rd";

    /// <summary>Headers of the answer that the backend gets; one that the answer lacks is taken from the request.</summary>
    public ImmutableArray<string> ResponseHeaders { get; init; } = [];

    /// <summary>Further headers of the question; an empty value removes the client's.</summary>
    public ImmutableArray<HeaderTemplate> RequestHeaders { get; init; } = [];

    /// <summary>The value of X-Auth-Request-Redirect; null for the request's own target.</summary>
    public Template? RequestRedirect { get; init; }

    /// <summary>Whether the service's cookies go to the client with every status.</summary>
    public bool AlwaysSetCookie { get; init; }

    /// <summary>Null asks about each request.</summary>
    public AuthCachePolicy? Cache { get; init; }

    /// <summary>Null closes the connection after each answer.</summary>
    public AuthKeepAlivePolicy? KeepAlive { get; init; }
}

/// <summary>How long answers are kept.</summary>
/// <param name="Key">What tells requests apart; variables are those of the request.</param>
public sealed record AuthCachePolicy(Template Key, ImmutableArray<AuthCacheDuration> Durations);

/// <param name="Status">0 for every status.</param>
public readonly record struct AuthCacheDuration(int Status, TimeSpan Time);

/// <param name="Connections">Idle connections kept on each shard.</param>
public sealed record AuthKeepAlivePolicy(int Connections, int Requests, TimeSpan IdleTimeout);
