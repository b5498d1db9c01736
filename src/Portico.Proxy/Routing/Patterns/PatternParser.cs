using System.Text;

namespace Portico.Proxy.Routing.Patterns;

/// <summary>
/// Reads a PCRE pattern over bytes, as nginx compiles it: no UTF mode, C locale, line feed ends a line. What a linear-time matcher cannot
/// run (look-around, back-references, possessive and atomic groups) is refused with its name. Used by one compilation, then dropped.
/// </summary>
internal sealed partial class PatternParser
{
    /// <summary>Tenants write patterns: nesting and repeats are bounded so that neither stack nor program can be blown up.</summary>
    private const int MaxDepth = 100;
    private const int MaxRepeat = 1000;
    private const int MaxGroups = 99;

    private readonly byte[] _text;
    private readonly List<string?> _groupNames = [null];
    private int _at;
    private int _depth;
    private Flags _flags;
    private string? _error;

    private PatternParser(string pattern, bool ignoreCase)
    {
        _text = Encoding.UTF8.GetBytes(pattern);
        _flags = ignoreCase ? Flags.IgnoreCase : Flags.None;
    }

    [Flags]
    private enum Flags
    {
        None = 0,
        IgnoreCase = 1,
        DotAll = 1 << 1,
        MultiLine = 1 << 2,
        Extended = 1 << 3,
    }

    private bool AtEnd => _at >= _text.Length;

    private bool Failed => _error is not null;

    /// <summary>The tree and the names of the groups (index 0 is the whole match), or the cause of the refusal.</summary>
    public static bool TryParse(string pattern, bool ignoreCase, out PatternNode tree, out IReadOnlyList<string?> groupNames, out string error)
    {
        var parser = new PatternParser(pattern, ignoreCase);
        tree = parser.ReadAlternation();
        if (!parser.Failed && !parser.AtEnd)
        {
            parser.Fail("a closing parenthesis without an opening one");
        }

        groupNames = parser._groupNames;
        error = parser._error ?? "";
        return !parser.Failed;
    }

    private PatternNode Fail(string cause)
    {
        _error ??= $"{cause} at offset {Math.Min(_at, _text.Length)}";
        return PatternNode.Empty;
    }

    private bool TryTake(char c)
    {
        if (AtEnd || _text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> text)
    {
        if (!_text.AsSpan(_at).StartsWith(text))
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

    private PatternNode ReadAlternation()
    {
        var choices = new List<PatternNode> { ReadSequence() };
        while (!Failed && TryTake('|'))
        {
            choices.Add(ReadSequence());
        }

        return choices.Count == 1 ? choices[0] : new PatternNode.Alternation(choices);
    }

    private PatternNode ReadSequence()
    {
        var items = new List<PatternNode>();
        while (!Failed && !AtEnd && _text[_at] is not ((byte)'|' or (byte)')'))
        {
            if (TrySkipIgnored() || TryReadQuoted(items))
            {
                continue;
            }

            var before = _at;
            var item = ReadAtom();
            // Inline flags and comments read as nothing and cannot be repeated.
            var repeatable = item is not PatternNode.Assertion && !ReferenceEquals(item, PatternNode.Empty);
            SkipExtendedBlanks();
            items.Add(Failed ? item : ReadQuantifier(item, repeatable, before));
        }

        return items.Count == 1 ? items[0] : items.Count == 0 ? PatternNode.Empty : new PatternNode.Sequence(items);
    }

    /// <summary>Blanks and comments of <c>(?x)</c>, comments <c>(?#…)</c>, and a stray <c>\E</c>.</summary>
    private bool TrySkipIgnored()
    {
        var before = _at;
        SkipExtendedBlanks();
        if (TryTake("(?#"u8))
        {
            var close = _text.AsSpan(_at).IndexOf((byte)')');
            if (close < 0)
            {
                Fail("a comment without end");
            }

            _at += close + 1;
        }

        TryTake("\\E"u8);
        return _at > before;
    }

    private void SkipExtendedBlanks()
    {
        while (_flags.HasFlag(Flags.Extended) && !AtEnd && (ByteSet.Space.Contains(_text[_at]) || _text[_at] == '#'))
        {
            var line = _text.AsSpan(_at).IndexOf((byte)'\n');
            _at = _text[_at] != '#' ? _at + 1 : line < 0 ? _text.Length : _at + line + 1;
        }
    }

    /// <summary>Text between <c>\Q</c> and <c>\E</c> stands for itself.</summary>
    private bool TryReadQuoted(List<PatternNode> items)
    {
        if (!TryTake("\\Q"u8))
        {
            return false;
        }

        while (!AtEnd && !TryTake("\\E"u8))
        {
            items.Add(Literal(_text[_at++]));
        }

        // A quantifier behind \E applies to the last quoted byte.
        if (items.Count > 0 && !AtEnd)
        {
            items[^1] = ReadQuantifier(items[^1], items[^1] is PatternNode.Bytes, _at);
        }

        return true;
    }

    private PatternNode ReadAtom()
    {
        var c = _text[_at++];
        return c switch
        {
            (byte)'(' => ReadGroup(),
            (byte)'[' => ReadClass(),
            (byte)'\\' => ReadEscape(),
            (byte)'.' => new PatternNode.Bytes(_flags.HasFlag(Flags.DotAll) ? ~default(ByteSet) : ByteSet.NotNewline),
            (byte)'^' => new PatternNode.Assertion(_flags.HasFlag(Flags.MultiLine) ? AssertionKind.LineBegin : AssertionKind.Begin),
            (byte)'$' => new PatternNode.Assertion(_flags.HasFlag(Flags.MultiLine) ? AssertionKind.LineEnd : AssertionKind.EndOrLastNewline),
            (byte)'*' or (byte)'+' or (byte)'?' => Fail("a quantifier that follows nothing"),
            _ => Literal(c),
        };
    }

    private PatternNode.Bytes Literal(byte value) => new(Fold(ByteSet.Of((char)value)));

    private ByteSet Fold(ByteSet set) => _flags.HasFlag(Flags.IgnoreCase) ? set.WithBothCases() : set;

    private PatternNode ReadQuantifier(PatternNode item, bool repeatable, int itemStart)
    {
        int min;
        int? max;
        if (TryTake('*'))
        {
            (min, max) = (0, null);
        }
        else if (TryTake('+'))
        {
            (min, max) = (1, null);
        }
        else if (TryTake('?'))
        {
            (min, max) = (0, 1);
        }
        else if (!TryReadCounts(out min, out max))
        {
            return item;
        }

        if (!repeatable)
        {
            _at = itemStart;
            return Fail("a quantifier that follows nothing repeatable");
        }

        if (TryTake('+'))
        {
            return Fail("a possessive quantifier is not supported");
        }

        if (min > MaxRepeat || max > MaxRepeat || max < min)
        {
            return Fail($"a repeat count above {MaxRepeat}, or a range that runs backwards");
        }

        var lazy = TryTake('?');
        SkipExtendedBlanks();
        return (!AtEnd && _text[_at] is (byte)'*' or (byte)'+' or (byte)'?') || TryReadCounts(out _, out _)
            ? Fail("a quantifier that follows a quantifier")
            : new PatternNode.Repeat(item, min, max, lazy);
    }

    /// <summary>Reads <c>{2}</c>, <c>{2,}</c>, <c>{2,5}</c>; anything else that starts with a brace is literal text, as in PCRE.</summary>
    private bool TryReadCounts(out int min, out int? max)
    {
        min = 0;
        max = null;
        var start = _at;
        if (!TryTake('{') || !TryReadNumber(out min))
        {
            _at = start;
            return false;
        }

        max = min;
        if (TryTake(','))
        {
            max = TryReadNumber(out var upper) ? upper : null;
        }

        if (!TryTake('}'))
        {
            _at = start;
            return false;
        }

        return true;
    }

    private bool TryReadNumber(out int value)
    {
        value = 0;
        var start = _at;
        while (!AtEnd && char.IsAsciiDigit((char)_text[_at]))
        {
            value = Math.Min((value * 10) + _text[_at++] - '0', MaxRepeat + 1);
        }

        return _at > start;
    }
}
