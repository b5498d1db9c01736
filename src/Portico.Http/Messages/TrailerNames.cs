using System.Text;

namespace Portico.Http.Messages;

/// <summary>
/// Which fields may stand behind a body (RFC 9110, 6.5.1): none that frames, routes, authenticates, controls or describes a message, since a
/// reader that takes such a trailer for a header sees another message than everybody before it.
/// </summary>
public static class TrailerNames
{
    /// <summary>Those that are no <see cref="HeaderId"/> of their own.</summary>
    private static readonly byte[][] Refused =
    [
        .. new[]
        {
            "Age", "Cache-Control", "Content-Disposition", "Content-Language", "Content-Location", "Content-Range", "Expires", "Forwarded",
            "HTTP2-Settings", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Max-Forwards", "Pragma",
            "Proxy-Authenticate", "Proxy-Authorization", "Retry-After", "Vary", "Via", "Warning", "WWW-Authenticate",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>What the gateway itself acts on means something before the body only; but for the ETag of a body that is made on the way.</summary>
    public static bool Allows(HeaderId id, ReadOnlySpan<byte> name)
    {
        if (id != HeaderId.Other)
        {
            return id == HeaderId.ETag;
        }

        foreach (var refused in Refused)
        {
            if (Ascii.EqualsIgnoreCase(refused, name))
            {
                return false;
            }
        }

        return true;
    }
}
