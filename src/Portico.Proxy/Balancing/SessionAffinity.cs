using System.Text;
using Portico.Http.Messages;
using Portico.Model;

namespace Portico.Proxy.Balancing;

/// <summary>
/// The session cookie of a backend as requests bring it: <c>key|backend</c>. Names are compared with case, and of several cookies of the
/// name the last counts, as lua-resty-cookie reads them. A value without a second half comes from an old release. Immutable.
/// </summary>
internal sealed class SessionAffinity
{
    private SessionAffinity(string cookieName, bool changeOnFailure, string backend)
    {
        CookieName = Encoding.UTF8.GetBytes(cookieName);
        ChangeOnFailure = changeOnFailure;
        BackendKey = SessionKeys.OfBackend(backend);
    }

    public byte[] CookieName { get; }

    public bool ChangeOnFailure { get; }

    /// <summary>The second half of the cookie's value.</summary>
    public byte[] BackendKey { get; }

    public static SessionAffinity? For(Backend backend) =>
        backend.Affinity is { } policy ? new SessionAffinity(policy.CookieName, policy.ChangeOnFailure, backend.Name) : null;

    /// <summary>The first half of the cookie's value; empty when there is none.</summary>
    public ReadOnlySpan<byte> KeyIn(HeaderBlock headers)
    {
        var value = ValueIn(headers).TrimStart((byte)'|');
        var bar = value.IndexOf((byte)'|');
        return bar < 0 ? value : value[..bar];
    }

    /// <summary>Whether the cookie says that the session belongs to this backend.</summary>
    public bool IsBound(HeaderBlock headers)
    {
        var value = ValueIn(headers).TrimStart((byte)'|');
        var bar = value.IndexOf((byte)'|');
        if (bar < 0)
        {
            return false;
        }

        var second = value[bar..].TrimStart((byte)'|');
        bar = second.IndexOf((byte)'|');
        return (bar < 0 ? second : second[..bar]).SequenceEqual(BackendKey);
    }

    private ReadOnlySpan<byte> ValueIn(HeaderBlock headers)
    {
        ReadOnlySpan<byte> found = default;
        if (!headers.Has(HeaderId.Cookie))
        {
            return found;
        }

        foreach (ref readonly var field in headers.Fields)
        {
            if (field.Id == HeaderId.Cookie)
            {
                Search(headers.Value(in field), ref found);
            }
        }

        return found;
    }

    private void Search(ReadOnlySpan<byte> cookies, ref ReadOnlySpan<byte> found)
    {
        while (cookies.Length > 0)
        {
            var end = cookies.IndexOf((byte)';');
            var cookie = (end < 0 ? cookies : cookies[..end]).Trim(" \t"u8);
            cookies = end < 0 ? default : cookies[(end + 1)..];
            if (cookie.Length > CookieName.Length && cookie[CookieName.Length] == '=' && cookie.StartsWith(CookieName))
            {
                var value = cookie[(CookieName.Length + 1)..];
                var blank = value.IndexOfAny((byte)' ', (byte)'\t');
                found = blank < 0 ? value : value[..blank];
            }
        }
    }
}
