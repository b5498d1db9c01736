using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;

namespace Portico.Proxy.ExternalAuth;

/// <summary>
/// How long an answer may be kept: nginx's proxy_cache_valid, and what the answer itself says about it (X-Accel-Expires, then
/// Cache-Control, then Expires), which wins. Stricter than nginx where it knows variants: an answer with Vary is not kept.
/// </summary>
internal static class AuthAnswerLifetime
{
    /// <returns>Zero when it is not to be kept.</returns>
    public static TimeSpan Of(ResponseHead response, AuthCachePolicy policy, DateTime utcNow)
    {
        var headers = response.Headers;
        // What is kept is shared: a cookie is one client's, and only verdicts are worth keeping.
        if (headers.Has(HeaderId.SetCookie) || headers.TryGet("Vary"u8, out _) || response.Status is not ((>= 200 and < 300) or 401 or 403))
        {
            return TimeSpan.Zero;
        }

        return FromAnswer(headers, utcNow) ?? FromPolicy(response.Status, policy);
    }

    private static TimeSpan FromPolicy(int status, AuthCachePolicy policy)
    {
        foreach (var duration in policy.Durations)
        {
            if (duration.Status == status)
            {
                return duration.Time;
            }
        }

        return TimeSpan.Zero;
    }

    private static TimeSpan? FromAnswer(HeaderBlock headers, DateTime utcNow)
    {
        if (headers.TryGet(HeaderId.XAccelExpires, out var accel))
        {
            return accel is [(byte)'@', ..] && Utf8Parser.TryParse(accel[1..], out long moment, out _)
                ? Positive(moment - new DateTimeOffset(utcNow).ToUnixTimeSeconds())
                : Utf8Parser.TryParse(accel, out long seconds, out _) ? Positive(seconds) : TimeSpan.Zero;
        }

        TimeSpan? allowed = null;
        foreach (ref readonly var field in headers.Fields)
        {
            if (Ascii.EqualsIgnoreCase(headers.Name(in field), "Cache-Control"u8))
            {
                var text = Encoding.Latin1.GetString(headers.Value(in field)).ToLowerInvariant();
                if (Forbids(text))
                {
                    return TimeSpan.Zero;
                }

                allowed = Age(text, "s-maxage=") ?? Age(text, "max-age=") ?? allowed;
            }
        }

        return allowed ?? FromExpires(headers, utcNow);
    }

    private static bool Forbids(string control) => control.Contains("no-cache", StringComparison.Ordinal)
        || control.Contains("no-store", StringComparison.Ordinal) || control.Contains("private", StringComparison.Ordinal);

    private static TimeSpan? Age(string control, string directive)
    {
        foreach (var part in control.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith(directive, StringComparison.Ordinal))
            {
                return long.TryParse(part.AsSpan(directive.Length).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                    ? Positive(seconds) : TimeSpan.Zero;
            }
        }

        return null;
    }

    private static TimeSpan? FromExpires(HeaderBlock headers, DateTime utcNow)
    {
        if (!headers.TryGet("Expires"u8, out var expires))
        {
            return null;
        }

        var text = Encoding.Latin1.GetString(expires);
        return DateTime.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? Positive((long)(moment - utcNow).TotalSeconds)
            : TimeSpan.Zero;
    }

    private static TimeSpan Positive(long seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 10L * 365 * 24 * 3600));
}
