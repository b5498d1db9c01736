using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Portico.Proxy.Routing.Patterns;

/// <summary>Where a match may stand in the input.</summary>
internal enum PatternScope
{
    /// <summary>Anywhere.</summary>
    Anywhere,

    /// <summary>As if <c>^</c> stood before the pattern, ungrouped as nginx writes it: of <c>/a|/b</c> only the first choice is anchored.</summary>
    FromStart,

    /// <summary>The whole input.</summary>
    Whole,
}

/// <summary>
/// A regular expression of a tenant, over bytes, in PCRE's syntax and with PCRE's answer, but in time linear in the input. Immutable;
/// any thread. Matching allocates nothing (it rents for long inputs).
/// <para>
/// Not <c>System.Text.RegularExpressions</c>: its NonBacktracking engine takes 0.5 to 8 ms and keeps 200 KB to 2 MB per pattern (.NET 10),
/// which 10,000 Ingresses with a regex each cannot afford, and its backtracking engine can be made to run for ever by a pattern.
/// This one takes microseconds to compile and keeps about 1 KB.
/// </para>
/// </summary>
internal sealed class BytePattern
{
    private const int StackWords = 128;

    private readonly Instruction[] _program;
    private readonly ByteSet[] _sets;
    private readonly int _forks;
    private readonly bool _anchored;

    /// <summary>What every match of an anchored pattern starts with, lower case where <see cref="_prefixIgnoresCase"/>.</summary>
    private readonly byte[] _prefix;
    private readonly bool _prefixIgnoresCase;

    /// <summary>The instruction behind the prefix.</summary>
    private readonly int _start;

    private BytePattern(string text, Instruction[] program, ByteSet[] sets, int forks, IReadOnlyList<string?> groupNames, bool anchored)
    {
        Text = text;
        GroupNames = groupNames;
        _program = program;
        _sets = sets;
        _forks = forks;
        _anchored = anchored;
        (_prefix, _prefixIgnoresCase, _start) = FindPrefix(program, sets, anchored);
    }

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>By group number; null for the whole match (0) and for groups without a name.</summary>
    public IReadOnlyList<string?> GroupNames { get; }

    /// <summary>How many slots <see cref="TryMatch"/> fills: two for the match, two for each group.</summary>
    public int SlotCount => 2 * GroupNames.Count;

    /// <summary>Compiles a pattern, or says why it is refused.</summary>
    public static bool TryCompile(
        string text, PatternScope scope, bool ignoreCase, [NotNullWhen(true)] out BytePattern? pattern, out string error)
    {
        pattern = null;
        if (!PatternParser.TryParse(scope == PatternScope.FromStart ? "^" + text : text, ignoreCase, out var tree, out var names, out error))
        {
            return false;
        }

        if (scope == PatternScope.Whole)
        {
            tree = new PatternNode.Sequence(
                [new PatternNode.Assertion(AssertionKind.Begin), tree, new PatternNode.Assertion(AssertionKind.End)]);
        }

        if (!PatternCompiler.TryCompile(tree, out var program, out var sets, out var forks))
        {
            error = "the pattern is too large";
            return false;
        }

        pattern = new BytePattern(text, program, sets, forks, names, PatternCompiler.IsAnchored(tree));
        return true;
    }

    public bool IsMatch(ReadOnlySpan<byte> input) => StartsRight(input) && Run(input, default);

    /// <summary>Finds the first match and its groups.</summary>
    /// <param name="slots">
    /// <see cref="SlotCount"/> long. Entry 2n is where group n begins, entry 2n+1 where it ends; both -1 when the group took no part.
    /// </param>
    public bool TryMatch(ReadOnlySpan<byte> input, Span<int> slots) => StartsRight(input) && Run(input, slots[..SlotCount]);

    private bool StartsRight(ReadOnlySpan<byte> input) => _prefix.Length == 0
        || (_prefixIgnoresCase
            ? input.Length >= _prefix.Length && Ascii.EqualsIgnoreCase(input[.._prefix.Length], _prefix)
            : input.StartsWith(_prefix));

    private bool Run(ReadOnlySpan<byte> input, Span<int> slots)
    {
        var length = PatternMatcher.TakenLength(_forks, input.Length);
        if (length <= StackWords)
        {
            return Run(input, stackalloc ulong[length], slots);
        }

        var rented = ArrayPool<ulong>.Shared.Rent(length);
        var taken = rented.AsSpan(0, length);
        taken.Clear();
        var found = Run(input, taken, slots);
        ArrayPool<ulong>.Shared.Return(rented);
        return found;
    }

    private bool Run(ReadOnlySpan<byte> input, Span<ulong> taken, Span<int> slots) =>
        new PatternMatcher(_program, _sets, input, taken, stackalloc int[StackWords], slots).Run(_start, _prefix.Length, _anchored);

    /// <summary>Most routes begin with plain text: it is compared at once, and the machine starts behind it.</summary>
    private static (byte[] Prefix, bool IgnoresCase, int Start) FindPrefix(Instruction[] program, ByteSet[] sets, bool anchored)
    {
        if (!anchored || program[0] is not { Operation: Operation.Assert, X: (int)AssertionKind.Begin })
        {
            return ([], false, 0);
        }

        var prefix = new List<byte>();
        bool? ignoresCase = null;
        var pc = 1;
        for (; ; pc++)
        {
            var value = (byte)0;
            var bothCases = false;
            var single = program[pc].Operation switch
            {
                Operation.Byte => true,
                Operation.Set => sets[program[pc].X].IsSingle(out value, out bothCases),
                _ => false,
            };
            if (program[pc].Operation == Operation.Byte)
            {
                value = (byte)program[pc].X;
            }

            // Bytes that are no letters fit both kinds of comparison; letters decide it.
            var letter = single && char.IsAsciiLetter((char)value);
            if (!single || (letter && ignoresCase is { } chosen && chosen != bothCases))
            {
                return ([.. prefix], ignoresCase ?? false, pc);
            }

            ignoresCase = letter ? bothCases : ignoresCase;
            prefix.Add(value);
        }
    }
}
