using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// The entries of <c>skip-access-log-urls</c>, keys of an nginx map over the raw request target: plain ones are compared
/// whole, letters in either case; <c>~</c> and <c>~*</c> start a regular expression.
/// </summary>
internal sealed class SkippedTargets
{
    private readonly byte[][] _plain;
    private readonly Regex[] _patterns;

    private SkippedTargets(byte[][] plain, Regex[] patterns)
    {
        _plain = plain;
        _patterns = patterns;
    }

    /// <summary>Null when there is nothing to skip. Entries that are no usable expression skip nothing; <see cref="FindError"/> tells which.</summary>
    public static SkippedTargets? Compile(ImmutableArray<string> entries)
    {
        if (entries.IsDefaultOrEmpty)
        {
            return null;
        }

        var plain = entries.Where(e => !e.StartsWith('~')).Select(Encoding.UTF8.GetBytes).ToArray();
        var patterns = entries.Where(e => e.StartsWith('~') && FindError(e) is null).Select(Pattern).ToArray();
        return new SkippedTargets(plain, patterns);
    }

    /// <summary>What is wrong with an entry, or null.</summary>
    public static string? FindError(string entry)
    {
        try
        {
            _ = entry.StartsWith('~') ? Pattern(entry) : null;
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }

    public bool Contains(ReadOnlySpan<byte> target)
    {
        foreach (var entry in _plain)
        {
            if (Ascii.EqualsIgnoreCase(target, entry))
            {
                return true;
            }
        }

        return _patterns.Length > 0 && MatchesPattern(target);
    }

    private bool MatchesPattern(ReadOnlySpan<byte> target)
    {
        // Bytes become the characters of the same number, as nginx's expressions see bytes.
        var rented = ArrayPool<char>.Shared.Rent(target.Length);
        var length = Encoding.Latin1.GetChars(target, rented);
        var found = false;
        foreach (var pattern in _patterns)
        {
            found = found || pattern.IsMatch(rented.AsSpan(0, length));
        }

        ArrayPool<char>.Shared.Return(rented);
        return found;
    }

    private static Regex Pattern(string entry)
    {
        var ignoreCase = entry.StartsWith("~*", StringComparison.Ordinal);
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
        return new Regex(entry[(ignoreCase ? 2 : 1)..], ignoreCase ? options | RegexOptions.IgnoreCase : options);
    }
}
