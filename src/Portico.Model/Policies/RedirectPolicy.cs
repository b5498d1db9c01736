using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>A redirect to a fixed place.</summary>
public sealed record RedirectPolicy
{
    public required int Status { get; init; }

    /// <summary>The Location. One that starts with <c>/</c> is completed with scheme and host of the request unless <see cref="Relative"/>.</summary>
    public required Template Location { get; init; }

    /// <summary>Whether a Location without scheme and host is sent as it is (<c>relative-redirects</c>).</summary>
    public bool Relative { get; init; }

    /// <summary>Whether a completed Location names the port of the connection where it is not the usual one of the scheme (<c>use-port-in-redirects</c>).</summary>
    public bool WithPort { get; init; }

    /// <summary>Whether the query of the request is appended.</summary>
    public bool KeepQuery { get; init; }

    /// <summary>Whether one slash at the very end of the Location is cut, as ingress-nginx does between names with and without <c>www.</c>.</summary>
    public bool CutTrailingSlash { get; init; }

    /// <summary>Which host completes a Location that starts with <c>/</c>.</summary>
    public RedirectHost Host { get; init; } = RedirectHost.NameOnly;
}

public enum RedirectHost
{
    /// <summary>The request's host, lower case, without port (what nginx completes by itself).</summary>
    NameOnly,

    /// <summary>The Host header as sent, with its port (ingress-nginx's app-root).</summary>
    HeaderAsSent,
}
