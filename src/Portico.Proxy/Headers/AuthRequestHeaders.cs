using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// What authentication makes of the headers that a backend gets: the Authorization that was for the gateway goes, and names of
/// <c>auth-response-headers</c> come from the service's answer and from nobody else. Immutable, compiled with the route.
/// </summary>
internal sealed class AuthRequestHeaders
{
    private readonly byte[][] _names;
    private readonly byte[][] _otherNames;
    private readonly HeaderIdSet _known;

    private AuthRequestHeaders(AccessFilter access)
    {
        _names = access.External?.ResponseHeaders ?? [];
        _otherNames = [.. _names.Where(n => KnownHeaders.Find(n) == HeaderId.Other)];
        _known = HeaderIdSet.Of([.. _names.Select(n => KnownHeaders.Find(n))]).With(access.TakesAuthorization ? HeaderId.Authorization : HeaderId.Other);
    }

    /// <summary>Null when there is nothing to change.</summary>
    public static AuthRequestHeaders? For(AccessFilter? access) =>
        access is not null && (access.TakesAuthorization || access.External is { ResponseHeaders.Length: > 0 }) ? new AuthRequestHeaders(access) : null;

    /// <summary>Whether a header of that name is taken from the request, whoever else would set it.</summary>
    public bool Replaces(HeaderId id, ReadOnlySpan<byte> name)
    {
        if (id != HeaderId.Other)
        {
            return _known.Contains(id);
        }

        foreach (var other in _otherNames)
        {
            if (other.Length == name.Length && Ascii.EqualsIgnoreCase(other, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the headers of the service's answer.</summary>
    public void Write(RequestContext context, IHeaderWriter writer)
    {
        if (context.AuthAnswer is not { } answer)
        {
            return;
        }

        for (var i = 0; i < _names.Length; i++)
        {
            // Framing belongs to the codec, whoever asks for it.
            if (answer.ForBackend[i] is { Length: > 0 } value && KnownHeaders.Find(_names[i]) is not
                (HeaderId.ContentLength or HeaderId.TransferEncoding or HeaderId.Connection or HeaderId.Upgrade or HeaderId.Host or HeaderId.Te or HeaderId.Trailer or HeaderId.Expect))
            {
                writer.Add(_names[i], value);
            }
        }
    }
}
