using System.Collections.Immutable;
using System.Text;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Policies;

/// <summary>
/// <c>block-user-agents</c> and <c>block-referers</c>: keys of an nginx map. Plain texts are whole values in either case; after <c>~</c>
/// stands an expression, after <c>~*</c> one that ignores case. Immutable, shared by all shards.
/// </summary>
internal sealed class BlockedValues
{
    private readonly byte[][] _texts;
    private readonly BytePattern[] _patterns;

    private BlockedValues(byte[][] texts, BytePattern[] patterns, ImmutableArray<string> problems)
    {
        _texts = texts;
        _patterns = patterns;
        Problems = problems;
    }

    /// <summary>Entries that block nobody, because their expression cannot be used.</summary>
    public ImmutableArray<string> Problems { get; }

    /// <summary>Null when there is nothing to block.</summary>
    public static BlockedValues? Compile(ImmutableArray<string> entries)
    {
        var patterns = new List<BytePattern>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in entries.Where(e => e.StartsWith('~')))
        {
            var ignoreCase = entry.StartsWith("~*", StringComparison.Ordinal);
            if (BytePattern.TryCompile(entry[(ignoreCase ? 2 : 1)..], PatternScope.Anywhere, ignoreCase, out var pattern, out var cause))
            {
                patterns.Add(pattern);
            }
            else
            {
                problems.Add($"'{entry}': {cause}");
            }
        }

        byte[][] texts = [.. entries.Where(e => !e.StartsWith('~')).Select(Encoding.UTF8.GetBytes)];
        return entries.IsEmpty ? null : new BlockedValues(texts, [.. patterns], problems.ToImmutable());
    }

    public bool Contains(ReadOnlySpan<byte> value)
    {
        foreach (var text in _texts)
        {
            if (Ascii.EqualsIgnoreCase(text, value))
            {
                return true;
            }
        }

        foreach (var pattern in _patterns)
        {
            if (pattern.IsMatch(value))
            {
                return true;
            }
        }

        return false;
    }
}
