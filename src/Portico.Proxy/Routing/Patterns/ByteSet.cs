using System.Numerics;

namespace Portico.Proxy.Routing.Patterns;

/// <summary>A set of byte values. Pure.</summary>
internal struct ByteSet : IEquatable<ByteSet>
{
    private ulong _b0;
    private ulong _b1;
    private ulong _b2;
    private ulong _b3;

    public static ByteSet Digits => OfRange('0', '9');

    /// <summary>ASCII letters, digits and the underscore: PCRE's word characters in the C locale.</summary>
    public static ByteSet Word => OfRange('a', 'z') | OfRange('A', 'Z') | Digits | Of('_');

    public static ByteSet Space => OfRange('\t', '\r') | Of(' ');

    /// <summary>PCRE's <c>\h</c>: blank, tab, and the no-break space of Latin-1.</summary>
    public static ByteSet HorizontalSpace => Of('\t') | Of(' ') | Of((char)0xA0);

    /// <summary>PCRE's <c>\v</c>: line ends of every kind.</summary>
    public static ByteSet VerticalSpace => OfRange('\n', '\r') | Of((char)0x85);

    public static ByteSet NotNewline => ~Of('\n');

    public static ByteSet Of(char value) => OfRange(value, value);

    public static ByteSet OfRange(int first, int last)
    {
        ByteSet set = default;
        for (var value = first; value <= last; value++)
        {
            set.Add((byte)value);
        }

        return set;
    }

    public readonly bool Contains(byte value) => ((Word64(value >> 6) >> (value & 63)) & 1) != 0;

    public void Add(byte value)
    {
        var bit = 1UL << (value & 63);
        switch (value >> 6)
        {
            case 0:
                _b0 |= bit;
                break;
            case 1:
                _b1 |= bit;
                break;
            case 2:
                _b2 |= bit;
                break;
            default:
                _b3 |= bit;
                break;
        }
    }

    /// <summary>The same set with every ASCII letter in both cases.</summary>
    public readonly ByteSet WithBothCases()
    {
        // Letters stand in the second word; the cases are 32 bits apart.
        const ulong Upper = 0x07FF_FFFE;
        var letters = (_b1 & Upper) | ((_b1 >> 32) & Upper);
        var folded = this;
        folded._b1 |= letters | (letters << 32);
        return folded;
    }

    /// <summary>Whether the set is one byte, or one letter in both cases; that byte, lower case.</summary>
    public readonly bool IsSingle(out byte value, out bool bothCases)
    {
        var count = BitOperations.PopCount(_b0) + BitOperations.PopCount(_b1) + BitOperations.PopCount(_b2) + BitOperations.PopCount(_b3);
        value = (byte)(_b3 != 0 ? 255 - BitOperations.LeadingZeroCount(_b3)
            : _b2 != 0 ? 191 - BitOperations.LeadingZeroCount(_b2)
            : _b1 != 0 ? 127 - BitOperations.LeadingZeroCount(_b1)
            : 63 - BitOperations.LeadingZeroCount(_b0));

        // The larger of the two is the lower-case letter.
        bothCases = count == 2 && char.IsAsciiLetterLower((char)value) && Contains((byte)(value - 32));
        return count == 1 || bothCases;
    }

    public readonly bool Equals(ByteSet other) => _b0 == other._b0 && _b1 == other._b1 && _b2 == other._b2 && _b3 == other._b3;

    public override readonly bool Equals(object? obj) => obj is ByteSet other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(_b0, _b1, _b2, _b3);

    public static ByteSet operator |(ByteSet a, ByteSet b) =>
        new() { _b0 = a._b0 | b._b0, _b1 = a._b1 | b._b1, _b2 = a._b2 | b._b2, _b3 = a._b3 | b._b3 };

    public static ByteSet operator ~(ByteSet a) => new() { _b0 = ~a._b0, _b1 = ~a._b1, _b2 = ~a._b2, _b3 = ~a._b3 };

    private readonly ulong Word64(int index) => index switch
    {
        0 => _b0,
        1 => _b1,
        2 => _b2,
        _ => _b3,
    };
}
