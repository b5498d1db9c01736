using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Portico.Net.Dns;

/// <summary>A domain name in wire form (RFC 1035, section 3.1), lower-cased and uncompressed, ending with the root's zero byte.</summary>
internal readonly struct DnsName : IEquatable<DnsName>
{
    public const int MaxLength = 255;
    public const int MaxLabelLength = 63;

    private const int PointerFlag = 0xC0;

    private readonly byte[]? _wire;

    private DnsName(byte[] wire) => _wire = wire;

    public ReadOnlySpan<byte> Wire => _wire;

    public static bool operator ==(DnsName left, DnsName right) => left.Equals(right);

    public static bool operator !=(DnsName left, DnsName right) => !left.Equals(right);

    /// <summary>Takes dotted ASCII text, with or without the last dot. Underscores are fine, blanks and control characters are not.</summary>
    public static bool TryParse(string text, out DnsName name)
    {
        name = default;
        var dotted = text.EndsWith('.') ? text[..^1] : text;
        if (dotted.Length is 0 or > MaxLength - 2)
        {
            return false;
        }

        var wire = new byte[dotted.Length + 2];
        var at = 0;
        foreach (var range in dotted.AsSpan().Split('.'))
        {
            var label = dotted.AsSpan(range);
            if (label.Length is 0 or > MaxLabelLength || label.ContainsAnyExceptInRange('!', '~'))
            {
                return false;
            }

            wire[at] = (byte)label.Length;
            Ascii.ToLower(label, wire.AsSpan(at + 1), out _);
            at += label.Length + 1;
        }

        name = new DnsName(wire);
        return true;
    }

    /// <summary>
    /// Reads a name at <paramref name="position"/> and moves behind it. Compression pointers must lead backwards, each further than the
    /// one before, so no message can make this run in circles.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int position, out DnsName name)
    {
        name = default;
        Span<byte> wire = stackalloc byte[MaxLength];
        var length = 0;
        var at = position;
        var lowest = position;
        var jumped = false;
        while (at < message.Length)
        {
            int head = message[at];
            if ((head & PointerFlag) == PointerFlag)
            {
                if (at + 1 >= message.Length)
                {
                    return false;
                }

                var target = ((head & ~PointerFlag) << 8) | message[at + 1];
                if (target >= lowest)
                {
                    return false;
                }

                position = jumped ? position : at + 2;
                jumped = true;
                at = lowest = target;
                continue;
            }

            if (head > MaxLabelLength || at + 1 + head > message.Length || length + 1 + head > wire.Length)
            {
                return false;
            }

            wire[length] = (byte)head;
            Lower(message.Slice(at + 1, head), wire[(length + 1)..]);
            length += head + 1;
            at += head + 1;
            if (head == 0)
            {
                position = jumped ? position : at;
                name = new DnsName(wire[..length].ToArray());
                return true;
            }
        }

        return false;
    }

    public bool Equals(DnsName other) => Wire.SequenceEqual(other.Wire);

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is DnsName other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Wire);
        return hash.ToHashCode();
    }

    /// <summary>Dotted, for logs; bytes that are not printable ASCII become question marks.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var at = 0; at < Wire.Length && Wire[at] != 0; at += Wire[at] + 1)
        {
            foreach (var b in Wire.Slice(at + 1, Wire[at]))
            {
                text.Append(b is > 0x20 and < 0x7F ? (char)b : '?');
            }

            text.Append('.');
        }

        return text.ToString();
    }

    // Names are bytes: only ASCII letters have a case, everything else is kept.
    private static void Lower(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(source[i] | 0x20) : source[i];
        }
    }
}
