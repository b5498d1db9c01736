using System.Text;
using System.Runtime.CompilerServices;

namespace Portico.Http.Messages;

/// <summary>Where one header stands in the bytes of its message.</summary>
public struct HeaderField
{
    public int NameStart;
    public int NameLength;
    public int ValueStart;
    public int ValueLength;
    public HeaderId Id;
}

/// <summary>
/// The headers of a message (or its trailers): offsets into the bytes that were received, in the order of the wire, repeats kept.
/// Owned by one exchange and reused by the next; used on the shard's thread only. Spans are valid until the message is released.
/// </summary>
public sealed class HeaderBlock
{
    private readonly int[] _firstById = new int[Enum.GetValues<HeaderId>().Length];
    private HeaderField[] _fields = new HeaderField[32];

    public HeaderBlock() => _firstById.AsSpan().Fill(-1);

    /// <summary>The bytes that the fields point into.</summary>
    public byte[] Buffer { get; set; } = [];

    public int Count { get; private set; }

    public ReadOnlySpan<HeaderField> Fields => _fields.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        _firstById.AsSpan().Fill(-1);
    }

    public void Add(int nameStart, int nameLength, int valueStart, int valueLength)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, Count * 2);
        }

        var id = KnownHeaders.Find(Buffer.AsSpan(nameStart, nameLength));
        ref var field = ref _fields[Count];
        field.NameStart = nameStart;
        field.NameLength = nameLength;
        field.ValueStart = valueStart;
        field.ValueLength = valueLength;
        field.Id = id;
        if (id != HeaderId.Other && _firstById[(int)id] < 0)
        {
            _firstById[(int)id] = Count;
        }

        Count++;
    }

    /// <summary>Becomes a copy of another message's headers, with bytes of its own.</summary>
    public void CopyFrom(HeaderBlock other)
    {
        Clear();
        var length = 0;
        foreach (ref readonly var field in other.Fields)
        {
            length += field.NameLength + field.ValueLength;
        }

        if (Buffer.Length < length)
        {
            Buffer = new byte[length];
        }

        var end = 0;
        foreach (ref readonly var field in other.Fields)
        {
            other.Name(in field).CopyTo(Buffer.AsSpan(end));
            other.Value(in field).CopyTo(Buffer.AsSpan(end + field.NameLength));
            Add(end, field.NameLength, end + field.NameLength, field.ValueLength);
            end += field.NameLength + field.ValueLength;
        }
    }

    public void RemoveAt(int index)
    {
        _fields.AsSpan(index + 1, Count - index - 1).CopyTo(_fields.AsSpan(index));
        Count--;
        _firstById.AsSpan().Fill(-1);
        for (var i = Count - 1; i >= 0; i--)
        {
            if (_fields[i].Id != HeaderId.Other)
            {
                _firstById[(int)_fields[i].Id] = i;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Name(in HeaderField field) => Buffer.AsSpan(field.NameStart, field.NameLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Value(in HeaderField field) => Buffer.AsSpan(field.ValueStart, field.ValueLength);

    /// <summary>Where the value of the first header of that name stands; empty when there is none.</summary>
    public ByteRange RangeOf(HeaderId id)
    {
        var index = _firstById[(int)id];
        return index < 0 ? default : new ByteRange(_fields[index].ValueStart, _fields[index].ValueLength);
    }

    public bool Has(HeaderId id) => _firstById[(int)id] >= 0;

    /// <summary>The first header of that name.</summary>
    public bool TryGet(HeaderId id, out ReadOnlySpan<byte> value)
    {
        var index = _firstById[(int)id];
        value = index < 0 ? default : Value(in _fields[index]);
        return index >= 0;
    }

    /// <summary>The first header of that name, letters in either case.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        foreach (ref readonly var field in Fields)
        {
            if (Ascii.EqualsIgnoreCase(Name(in field), name))
            {
                value = Value(in field);
                return true;
            }
        }

        value = default;
        return false;
    }

    public int CountOf(HeaderId id)
    {
        var count = 0;
        foreach (ref readonly var field in Fields)
        {
            count += field.Id == id ? 1 : 0;
        }

        return count;
    }
}
