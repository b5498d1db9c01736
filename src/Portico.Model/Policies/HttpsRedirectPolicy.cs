namespace Portico.Model.Policies;

/// <summary>Sends plain requests to https.</summary>
public sealed record HttpsRedirectPolicy
{
    /// <summary>
    /// True redirects always (<c>force-ssl-redirect</c>); false only where the certificate table has an entry for the request's host (<c>ssl-redirect</c>).
    /// </summary>
    public required bool Always { get; init; }

    /// <summary>301, 302, 307 or 308.</summary>
    public int Status { get; init; } = 308;

    public bool PreserveTrailingSlash { get; init; }

    /// <summary>The port to print in the Location; null for none.</summary>
    public int? Port { get; init; }
}
