using Portico.Http.Messages;
using Portico.Net;

namespace Portico.Http.Http2;

/// <summary>
/// Fields as they come out of a header block, one after the other, in a rented buffer that the header list points into. Holds no buffer
/// while it is empty. Used on the shard's thread only.
/// </summary>
internal sealed class Http2FieldStore(HeaderBlock fields, BufferPool buffers)
{
    private bool _rented;

    public HeaderBlock Fields => fields;

    /// <summary>Bytes that the fields would take in HTTP/1: with colon, blank and line end.</summary>
    public int Length { get; private set; }

    private int _used;

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        EnsureRoom(name.Length + value.Length);
        name.CopyTo(fields.Buffer.AsSpan(_used));
        value.CopyTo(fields.Buffer.AsSpan(_used + name.Length));
        fields.Add(_used, name.Length, _used + name.Length, value.Length);
        _used += name.Length + value.Length;
        Length += name.Length + value.Length + 4;
    }

    /// <summary>Copies the fields into a list with bytes of its own.</summary>
    public void CopyTo(HeaderBlock other)
    {
        other.Buffer = fields.Buffer.AsSpan(0, _used).ToArray();
        foreach (ref readonly var field in fields.Fields)
        {
            other.Add(field.NameStart, field.NameLength, field.ValueStart, field.ValueLength);
        }
    }

    public void Clear()
    {
        fields.Clear();
        _used = 0;
        Length = 0;
    }

    public void Release()
    {
        Clear();
        if (_rented)
        {
            buffers.Return(fields.Buffer);
            fields.Buffer = [];
            _rented = false;
        }
    }

    private void EnsureRoom(int length)
    {
        if (_rented && _used + length <= fields.Buffer.Length)
        {
            return;
        }

        var larger = buffers.Rent(_rented ? Math.Max(_used + length, 2 * fields.Buffer.Length) : length);
        if (_rented)
        {
            fields.Buffer.AsSpan(0, _used).CopyTo(larger);
            buffers.Return(fields.Buffer);
        }

        fields.Buffer = larger;
        _rented = true;
    }
}
