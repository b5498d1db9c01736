namespace Portico.Proxy.Routing.Patterns;

/// <summary>The syntax tree of a <see cref="BytePattern"/>. Lives only while the pattern is compiled.</summary>
internal abstract record PatternNode
{
    private PatternNode()
    {
    }

    public static PatternNode Empty { get; } = new Sequence([]);

    /// <summary>One byte out of a set.</summary>
    public sealed record Bytes(ByteSet Set) : PatternNode;

    /// <summary>A condition on the place between two bytes.</summary>
    public sealed record Assertion(AssertionKind Kind) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <summary>The first choice that leads to a match wins.</summary>
    public sealed record Alternation(IReadOnlyList<PatternNode> Choices) : PatternNode;

    /// <param name="Max">Null for no limit.</param>
    public sealed record Repeat(PatternNode Item, int Min, int? Max, bool Lazy) : PatternNode;

    /// <param name="Number">From 1, in the order of the opening parentheses.</param>
    public sealed record Group(PatternNode Item, int Number) : PatternNode;
}

internal enum AssertionKind
{
    /// <summary><c>\A</c>, and <c>^</c> outside of multi-line mode.</summary>
    Begin,

    /// <summary><c>\z</c>.</summary>
    End,

    /// <summary><c>\Z</c>, and <c>$</c> outside of multi-line mode: the end, or before a line feed that is the last byte.</summary>
    EndOrLastNewline,

    /// <summary><c>^</c> in multi-line mode.</summary>
    LineBegin,

    /// <summary><c>$</c> in multi-line mode.</summary>
    LineEnd,

    WordBoundary,

    NotWordBoundary,
}
