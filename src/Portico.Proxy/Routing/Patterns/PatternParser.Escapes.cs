namespace Portico.Proxy.Routing.Patterns;

/// <summary>Backslash escapes and bracketed classes.</summary>
internal sealed partial class PatternParser
{
    private static readonly (string Name, ByteSet Set)[] PosixClasses =
    [
        ("alpha", ByteSet.OfRange('a', 'z') | ByteSet.OfRange('A', 'Z')),
        ("digit", ByteSet.Digits),
        ("alnum", ByteSet.OfRange('a', 'z') | ByteSet.OfRange('A', 'Z') | ByteSet.Digits),
        ("upper", ByteSet.OfRange('A', 'Z')),
        ("lower", ByteSet.OfRange('a', 'z')),
        ("word", ByteSet.Word),
        ("space", ByteSet.Space),
        ("blank", ByteSet.Of(' ') | ByteSet.Of('\t')),
        ("xdigit", ByteSet.Digits | ByteSet.OfRange('a', 'f') | ByteSet.OfRange('A', 'F')),
        ("punct", ByteSet.OfRange('!', '/') | ByteSet.OfRange(':', '@') | ByteSet.OfRange('[', '`') | ByteSet.OfRange('{', '~')),
        ("cntrl", ByteSet.OfRange(0, 0x1F) | ByteSet.Of((char)0x7F)),
        ("graph", ByteSet.OfRange('!', '~')),
        ("print", ByteSet.OfRange(' ', '~')),
        ("ascii", ByteSet.OfRange(0, 0x7F)),
    ];

    /// <summary>Reads what follows a backslash outside of a class.</summary>
    private PatternNode ReadEscape()
    {
        if (AtEnd)
        {
            return Fail("a backslash at the end");
        }

        var c = (char)_text[_at];
        AssertionKind? assertion = c switch
        {
            'A' => AssertionKind.Begin,
            'z' => AssertionKind.End,
            'Z' => AssertionKind.EndOrLastNewline,
            'b' => AssertionKind.WordBoundary,
            'B' => AssertionKind.NotWordBoundary,
            _ => null,
        };
        if (assertion is { } kind)
        {
            _at++;
            return new PatternNode.Assertion(kind);
        }

        if (c is >= '1' and <= '9' or 'g' or 'k')
        {
            return Fail("a back-reference is not supported");
        }

        if (c == 'N')
        {
            _at++;
            return new PatternNode.Bytes(ByteSet.NotNewline);
        }

        return TryReadSetEscape(out var set) ? new PatternNode.Bytes(set)
            : TryReadByteEscape(out var value) ? Literal(value)
            : Fail($"an escape \\{c} that is not supported");
    }

    /// <summary>Escapes that stand for several bytes, inside and outside of a class.</summary>
    private bool TryReadSetEscape(out ByteSet set)
    {
        ByteSet? found = (char)_text[_at] switch
        {
            'd' => ByteSet.Digits,
            'D' => ~ByteSet.Digits,
            'w' => ByteSet.Word,
            'W' => ~ByteSet.Word,
            's' => ByteSet.Space,
            'S' => ~ByteSet.Space,
            'h' => ByteSet.HorizontalSpace,
            'H' => ~ByteSet.HorizontalSpace,
            'v' => ByteSet.VerticalSpace,
            'V' => ~ByteSet.VerticalSpace,
            _ => null,
        };
        set = found ?? default;
        _at += found is null ? 0 : 1;
        return found is not null;
    }

    /// <summary>Escapes that stand for one byte. A letter without a meaning is refused, as PCRE2 does.</summary>
    private bool TryReadByteEscape(out byte value)
    {
        value = 0;
        if (AtEnd)
        {
            return false;
        }

        var c = _text[_at];
        if (!char.IsAsciiLetterOrDigit((char)c))
        {
            _at++;
            value = c;
            return true;
        }

        int code = (char)c switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\f',
            'a' => 0x07,
            'e' => 0x1B,
            _ => -1,
        };
        if (code >= 0)
        {
            _at++;
            value = (byte)code;
            return true;
        }

        return c switch
        {
            (byte)'0' => TryReadOctal(out value),
            (byte)'x' => TryReadHex(out value),
            (byte)'c' => TryReadControl(out value),
            _ => false,
        };
    }

    /// <summary><c>\0</c> and up to two further octal digits.</summary>
    private bool TryReadOctal(out byte value)
    {
        var code = 0;
        for (var digits = 0; digits < 3 && !AtEnd && _text[_at] is >= (byte)'0' and <= (byte)'7'; digits++)
        {
            code = (code * 8) + _text[_at++] - '0';
        }

        value = (byte)code;
        return true;
    }

    /// <summary><c>\x</c>, <c>\x4</c>, <c>\x41</c>, <c>\x{41}</c>; above <c>\x{FF}</c> there is no byte.</summary>
    private bool TryReadHex(out byte value)
    {
        _at++;
        var braced = TryTake('{');
        var code = 0;
        for (var digits = 0; (braced || digits < 2) && !AtEnd && char.IsAsciiHexDigit((char)_text[_at]); digits++)
        {
            code = Math.Min((code * 16) + Convert.ToInt32(((char)_text[_at++]).ToString(), 16), 0x100);
        }

        value = (byte)code;
        return code <= 0xFF && (!braced || TryTake('}'));
    }

    private bool TryReadControl(out byte value)
    {
        value = 0;
        _at++;
        if (AtEnd || _text[_at] is < 0x20 or > 0x7E)
        {
            return false;
        }

        value = (byte)(char.ToUpperInvariant((char)_text[_at++]) ^ 0x40);
        return true;
    }

    /// <summary>Reads what follows an opening bracket.</summary>
    private PatternNode ReadClass()
    {
        var negated = TryTake('^');
        ByteSet set = default;
        var first = true;
        while (!AtEnd && (first || _text[_at] != ']'))
        {
            first = false;
            if (!TryReadClassItem(ref set))
            {
                return Failed ? PatternNode.Empty : Fail("a bad character class");
            }
        }

        if (!TryTake(']'))
        {
            return Fail("a character class without end");
        }

        set = Fold(set);
        return new PatternNode.Bytes(negated ? ~set : set);
    }

    private bool TryReadClassItem(ref ByteSet set)
    {
        if (_text[_at] == '[' && _at + 1 < _text.Length && _text[_at + 1] == ':' && _text.AsSpan(_at).IndexOf(":]"u8) > 0)
        {
            return TryReadPosixClass(ref set);
        }

        if (!TryReadClassByte(out var low, out var several))
        {
            return false;
        }

        set |= several;
        if (!several.Equals(default))
        {
            return true;
        }

        // A hyphen makes a range only between two single bytes.
        var before = _at;
        if (TryTake('-') && !AtEnd && _text[_at] != ']')
        {
            if (!TryReadClassByte(out var high, out several))
            {
                return false;
            }

            if (several.Equals(default))
            {
                set |= ByteSet.OfRange(low, high);
                return low <= high;
            }
        }

        _at = before;
        set.Add(low);
        return true;
    }

    /// <summary>One byte of a class, or what an escape like <c>\d</c> stands for.</summary>
    private bool TryReadClassByte(out byte value, out ByteSet several)
    {
        value = 0;
        several = default;
        if (!TryTake('\\'))
        {
            value = _text[_at++];
            return true;
        }

        if (TryTake('b'))
        {
            value = (byte)'\b';
            return true;
        }

        return !AtEnd && (TryReadSetEscape(out several) || TryReadByteEscape(out value));
    }

    private bool TryReadPosixClass(ref ByteSet set)
    {
        foreach (var (name, members) in PosixClasses)
        {
            foreach (var negated in (ReadOnlySpan<bool>)[false, true])
            {
                if (TryTake(System.Text.Encoding.ASCII.GetBytes(negated ? $"[:^{name}:]" : $"[:{name}:]")))
                {
                    set |= negated ? ~members : members;
                    return true;
                }
            }
        }

        return false;
    }
}
