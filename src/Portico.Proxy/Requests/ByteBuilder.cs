using System.Buffers.Text;
using System.Text;

namespace Portico.Proxy.Requests;

/// <summary>
/// A byte buffer that grows, for values that are put together while a request runs. It holds no memory until the first
/// byte comes and keeps its array from one request to the next. Owned by one exchange, used on the shard's thread only.
/// </summary>
internal sealed class ByteBuilder
{
    /// <summary>An array that one odd request made larger than this is given back instead of kept.</summary>
    private const int LargestKept = 16 * 1024;

    private const int SmallestArray = 128;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > LargestKept)
        {
            _bytes = [];
        }
    }

    /// <summary>Forgets everything behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <summary>What was written since <paramref name="start"/>, open for change in place.</summary>
    public Span<byte> WrittenFrom(int start) => _bytes.AsSpan(start, Length - start);

    public void Append(byte value)
    {
        if (Length == _bytes.Length)
        {
            Grow(1);
        }

        _bytes[Length++] = value;
    }

    public void Append(ReadOnlySpan<byte> values)
    {
        values.CopyTo(Reserve(values.Length));
        Length += values.Length;
    }

    /// <summary>The text in UTF-8.</summary>
    public void Append(string text) =>
        Advance(Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length))));

    /// <summary>Room for <paramref name="size"/> bytes behind what is written; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_bytes.Length - Length < size)
        {
            Grow(size);
        }

        return _bytes.AsSpan(Length, size);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Length));
        Length += count;
    }

    public void AppendDecimal(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(20), out var count);
        Length += count;
    }

    /// <summary>A number that is not negative, filled up with zeros on the left.</summary>
    public void AppendDecimal(long value, byte digits)
    {
        Utf8Formatter.TryFormat(value, Reserve(20 + digits), out var count, new System.Buffers.StandardFormat('D', digits));
        Length += count;
    }

    /// <summary>Two upper-case hexadecimal digits.</summary>
    public void AppendHex(byte value)
    {
        var room = Reserve(2);
        room[0] = HexDigit(value >> 4);
        room[1] = HexDigit(value & 0xF);
        Length += 2;
    }

    /// <summary>Milliseconds as nginx prints seconds: <c>0.004</c>.</summary>
    public void AppendSeconds(long milliseconds)
    {
        AppendDecimal(milliseconds / 1000);
        Append((byte)'.');
        AppendDecimal(milliseconds % 1000, 3);
    }

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'A' + value - 10);

    private void Grow(int more) =>
        Array.Resize(ref _bytes, Math.Max(SmallestArray, Math.Max(_bytes.Length * 2, checked(Length + more))));
}
