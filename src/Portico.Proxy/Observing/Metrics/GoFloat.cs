using System.Globalization;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Numbers as Prometheus client libraries in Go write them (<c>strconv.FormatFloat(v, 'g', -1, 64)</c>): <c>0.005</c>,
/// <c>10</c>, <c>1e+06</c>, <c>+Inf</c>. The text of a bucket border is part of a series' identity, so dashboards and
/// recorded data of ingress-nginx only fit when it is the same to the character.
/// </summary>
internal static class GoFloat
{
    /// <summary>Enough for every value.</summary>
    public const int MaxLength = 32;

    public static string Format(double value)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>Writes the number and returns its length.</summary>
    public static int Format(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value))
        {
            var word = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8;
            word.CopyTo(destination);
            return word.Length;
        }

        Span<byte> shortest = stackalloc byte[MaxLength];
        value.TryFormat(shortest, out var length, default, CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[MaxLength];
        var point = ReadDigits(shortest[..length], digits, out var count, out var negative);
        var at = 0;
        if (negative)
        {
            destination[at++] = (byte)'-';
        }

        var exponent = point - 1;
        return exponent is < -4 or >= 6 && count > 0
            ? WriteExponent(digits[..count], exponent, destination, at)
            : WritePlain(digits[..count], point, destination, at);
    }

    /// <summary>Splits the shortest text into its significant digits; the result is the place of the decimal point among them.</summary>
    private static int ReadDigits(ReadOnlySpan<byte> text, Span<byte> digits, out int count, out bool negative)
    {
        negative = text[0] == (byte)'-';
        count = 0;
        var point = 0;
        var afterPoint = false;
        for (var i = negative ? 1 : 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'E')
            {
                point += int.Parse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }

            if (text[i] == (byte)'.')
            {
                afterPoint = true;
                continue;
            }

            var leadingZero = count == 0 && text[i] == (byte)'0';
            point += leadingZero ? (afterPoint ? -1 : 0) : (afterPoint ? 0 : 1);
            if (!leadingZero)
            {
                digits[count++] = text[i];
            }
        }

        while (count > 0 && digits[count - 1] == (byte)'0')
        {
            count--;
        }

        return point;
    }

    private static int WriteExponent(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination, int at)
    {
        destination[at++] = digits[0];
        if (digits.Length > 1)
        {
            destination[at++] = (byte)'.';
            digits[1..].CopyTo(destination[at..]);
            at += digits.Length - 1;
        }

        destination[at++] = (byte)'e';
        destination[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        Math.Abs(exponent).TryFormat(destination[at..], out var written, "00", CultureInfo.InvariantCulture);
        return at + written;
    }

    private static int WritePlain(ReadOnlySpan<byte> digits, int point, Span<byte> destination, int at)
    {
        if (digits.IsEmpty || point <= 0)
        {
            destination[at++] = (byte)'0';
        }

        for (var i = 0; i < point; i++)
        {
            destination[at++] = i < digits.Length ? digits[i] : (byte)'0';
        }

        if (digits.Length <= Math.Max(point, 0))
        {
            return at;
        }

        destination[at++] = (byte)'.';
        for (var i = point; i < digits.Length; i++)
        {
            destination[at++] = i < 0 ? (byte)'0' : digits[i];
        }

        return at;
    }
}
