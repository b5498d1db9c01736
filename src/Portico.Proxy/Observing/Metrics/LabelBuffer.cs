using System.Text;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The labels of one series, rendered: <c>a="x",b="y"</c>. Reused from series to series, so that a page of many thousand
/// series allocates nothing per line. Owned by one scrape.
/// </summary>
public sealed class LabelBuffer
{
    private byte[] _bytes = new byte[512];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Add(ReadOnlySpan<byte> name, string value)
    {
        AddName(name, Encoding.UTF8.GetMaxByteCount(value.Length));
        var start = Length;
        Length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(Length));
        Close(start);
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        AddName(name, value.Length);
        var start = Length;
        value.CopyTo(_bytes.AsSpan(Length));
        Length += value.Length;
        Close(start);
    }

    private void AddName(ReadOnlySpan<byte> name, int valueBytes)
    {
        // Comma, equals sign, two quotes.
        Reserve(name.Length + valueBytes + 4);
        if (Length > 0)
        {
            _bytes[Length++] = (byte)',';
        }

        name.CopyTo(_bytes.AsSpan(Length));
        Length += name.Length;
        _bytes[Length++] = (byte)'=';
        _bytes[Length++] = (byte)'"';
    }

    private void Close(int valueStart)
    {
        if (_bytes.AsSpan(valueStart, Length - valueStart).IndexOfAny((byte)'\\', (byte)'"', (byte)'\n') >= 0)
        {
            Escape(valueStart);
        }

        _bytes[Length++] = (byte)'"';
    }

    private void Escape(int valueStart)
    {
        var raw = _bytes.AsSpan(valueStart, Length - valueStart).ToArray();
        Length = valueStart;
        Reserve((raw.Length * 2) + 1);
        foreach (var b in raw)
        {
            if (b is (byte)'\\' or (byte)'"' or (byte)'\n')
            {
                _bytes[Length++] = (byte)'\\';
            }

            _bytes[Length++] = b == (byte)'\n' ? (byte)'n' : b;
        }
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more));
        }
    }
}
