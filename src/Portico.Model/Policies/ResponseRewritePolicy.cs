namespace Portico.Model.Policies;

/// <summary>Replaces parts of what a backend says about itself: places in Location and Refresh, domains and paths of cookies.</summary>
public sealed record ResponseRewritePolicy
{
    /// <summary><c>proxy-redirect-from</c> and <c>-to</c>: the beginning of a Location, or of the URL of a Refresh, and what takes its place.</summary>
    public TextReplacement? Redirect { get; init; }

    /// <summary>Whether a replaced Location that starts with a slash is sent as it is, without scheme and host (<c>relative-redirects</c>).</summary>
    public bool Relative { get; init; }

    /// <summary>Whether a replaced Location that is completed names the port of the connection where it is not the usual one of the scheme (<c>use-port-in-redirects</c>).</summary>
    public bool WithPort { get; init; }

    /// <summary><c>proxy-cookie-domain</c>: a whole Domain in either case, a dot in front of it kept.</summary>
    public TextReplacement? CookieDomain { get; init; }

    /// <summary><c>proxy-cookie-path</c>: the beginning of a Path.</summary>
    public TextReplacement? CookiePath { get; init; }
}

public sealed record TextReplacement(string From, string To);
