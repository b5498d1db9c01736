namespace Portico.Model.Policies;

/// <summary>Which endpoint a session sticks to; belongs to a backend, so every rule that leads there honours the cookie.</summary>
public sealed record SessionAffinityPolicy
{
    public AffinityMode Mode { get; init; } = AffinityMode.Balanced;

    public string CookieName { get; init; } = "INGRESSCOOKIE";

    /// <summary>After a failed attempt: another endpoint and a new cookie, instead of the cookie's endpoint once more.</summary>
    public bool ChangeOnFailure { get; init; }
}

public enum AffinityMode
{
    /// <summary>The cookie's key is hashed: some sessions move when endpoints are added.</summary>
    Balanced,

    /// <summary>The cookie names the endpoint: sessions move only when theirs is gone.</summary>
    Persistent,
}

/// <summary>How the cookie is written by one rule. A rule without it honours a session's cookie and never sets one.</summary>
/// <param name="Path">The attribute Path; empty leaves it out.</param>
public sealed record SessionCookiePolicy(string Path)
{
    /// <summary>Seconds from now for the attribute Expires; null leaves it out.</summary>
    public long? Expires { get; init; }

    /// <summary>Seconds for the attribute Max-Age, also zero or negative; null leaves it out.</summary>
    public long? MaxAge { get; init; }

    public string? Domain { get; init; }

    /// <summary>Secure also on plain connections; on TLS connections it is always there.</summary>
    public bool AlwaysSecure { get; init; }

    /// <summary><c>Strict</c>, <c>Lax</c> or <c>None</c>; null leaves the attribute out.</summary>
    public string? SameSite { get; init; }

    /// <summary>Leaves <c>SameSite=None</c> out for browsers that take it for <c>Strict</c>.</summary>
    public bool ConditionalSameSiteNone { get; init; }
}
