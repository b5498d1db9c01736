using System.Globalization;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Writes the cookie of a session that begins or moves, byte by byte as ingress-nginx does: value, Expires, Max-Age, Domain, Path, Secure,
/// HttpOnly, SameSite. The lines wait in the request until the answer's head is written. Immutable, shared by all shards.
/// </summary>
internal sealed class SessionAffinityFilter
{
    private readonly SessionCookiePolicy _policy;
    private readonly byte[] _fixedAttributes;
    private readonly byte[] _sameSite;

    public SessionAffinityFilter(SessionCookiePolicy policy)
    {
        _policy = policy;
        var text = new StringBuilder();
        if (policy.MaxAge is { } maxAge)
        {
            text.Append(CultureInfo.InvariantCulture, $"; Max-Age={maxAge}");
        }

        Append(text, "; Domain=", policy.Domain);
        Append(text, "; Path=", policy.Path);
        _fixedAttributes = Encoding.UTF8.GetBytes(text.ToString());
        _sameSite = policy.SameSite is null ? [] : Encoding.ASCII.GetBytes("; SameSite=" + policy.SameSite);
    }

    /// <summary>Adds the line of a new key.</summary>
    /// <param name="utcTicks">Now, as <see cref="DateTime.Ticks"/>.</param>
    public void Add(RequestContext context, SessionAffinity affinity, ReadOnlySpan<byte> key, long utcTicks)
    {
        var line = context.SessionCookies;
        if (line.Length > 0)
        {
            line.Append((byte)'\n');
        }

        line.Append(affinity.CookieName);
        line.Append((byte)'=');
        line.Append(key);
        line.Append((byte)'|');
        line.Append(affinity.BackendKey);
        if (_policy.Expires is { } seconds)
        {
            line.Append("; Expires="u8);
            AppendCookieTime(line, utcTicks, seconds);
        }

        line.Append(_fixedAttributes);
        if (_policy.AlwaysSecure || context.Connection.IsTls)
        {
            line.Append("; Secure"u8);
        }

        line.Append("; HttpOnly"u8);
        if (_sameSite.Length > 0 && !(_policy is { ConditionalSameSiteNone: true, SameSite: "None" } && MisreadsSameSiteNone(context)))
        {
            line.Append(_sameSite);
        }
    }

    /// <summary>The lines of a request as headers.</summary>
    public static void Write(ReadOnlySpan<byte> lines, IHeaderWriter writer)
    {
        while (lines.Length > 0)
        {
            var end = lines.IndexOf((byte)'\n');
            writer.Add("Set-Cookie"u8, end < 0 ? lines : lines[..end]);
            lines = end < 0 ? default : lines[(end + 1)..];
        }
    }

    /// <summary>nginx's cookie time: a year of two digits, of four after 2037. Moments that are no date are moved to the nearest.</summary>
    private static void AppendCookieTime(ByteBuilder output, long utcTicks, long seconds)
    {
        var ticks = utcTicks + (seconds * TimeSpan.TicksPerSecond);
        var time = new DateTime(Math.Clamp(ticks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
        var room = output.Reserve(40);
        time.TryFormat(room, out var count, time.Year > 2037 ? "ddd, dd-MMM-yyyy HH:mm:ss 'GMT'" : "ddd, dd-MMM-yy HH:mm:ss 'GMT'", CultureInfo.InvariantCulture);
        output.Advance(count);
    }

    /// <summary>Browsers that take None for Strict. <c>Chrome/4</c> stands for all versions that begin with a 4, as in ingress-nginx.</summary>
    private static bool MisreadsSameSiteNone(RequestContext context)
    {
        if (!context.Head.Headers.TryGet(HeaderId.UserAgent, out var agent))
        {
            return false;
        }

        if (Holds(agent, "Chrome/4"u8) || Holds(agent, "Chrome/5"u8) || Holds(agent, "Chrome/6"u8)
            || Holds(agent, "CPU iPhone OS 12"u8) || Holds(agent, "iPad; CPU OS 12"u8))
        {
            return true;
        }

        return Holds(agent, "Macintosh"u8) && Holds(agent, "Intel Mac OS X 10_14"u8) && Holds(agent, "Safari"u8) && !Holds(agent, "Chrome"u8);
    }

    private static bool Holds(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part) => text.IndexOf(part) >= 0;

    /// <summary>A path may hold anything; what could end the header or the attribute leaves it out.</summary>
    private static void Append(StringBuilder text, string attribute, string? value)
    {
        if (value is { Length: > 0 } && !value.Any(char.IsControl))
        {
            text.Append(attribute).Append(value);
        }
    }
}
