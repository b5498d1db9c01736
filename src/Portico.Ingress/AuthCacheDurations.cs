using System.Collections.Immutable;
using System.Globalization;
using Portico.Model.Policies;

namespace Portico.Ingress;

/// <summary>
/// Reads <c>auth-cache-duration</c>: a comma list of <c>[status ...] time</c>, each what nginx's proxy_cache_valid takes. A time alone
/// holds for 200, 301 and 302. Empty parts are skipped; a list of nothing else is the usual one.
/// </summary>
internal static class AuthCacheDurations
{
    public const string Usual = "200 202 401 5m";

    public static bool TryParse(string text, out ImmutableArray<AuthCacheDuration> durations)
    {
        var all = ImmutableArray.CreateBuilder<AuthCacheDuration>();
        durations = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParseOne(part.Split(' ', StringSplitOptions.RemoveEmptyEntries), all))
            {
                return false;
            }
        }

        if (all.Count == 0)
        {
            return TryParse(Usual, out durations);
        }

        durations = all.ToImmutable();
        return true;
    }

    private static bool TryParseOne(string[] words, ImmutableArray<AuthCacheDuration>.Builder durations)
    {
        // A bare number is a status to ingress-nginx, never a time.
        if (IsNumber(words[^1]) || !NginxUnits.TryParseTime(words[^1], out var time))
        {
            return false;
        }

        if (words.Length == 1)
        {
            durations.AddRange(new AuthCacheDuration(200, time), new AuthCacheDuration(301, time), new AuthCacheDuration(302, time));
            return true;
        }

        foreach (var word in words.AsSpan(..^1))
        {
            if (word.Length != 3 || !int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status < 100)
            {
                return false;
            }

            durations.Add(new AuthCacheDuration(status, time));
        }

        return true;
    }

    private static bool IsNumber(string word) => !word.AsSpan().ContainsAnyExceptInRange('0', '9');
}
