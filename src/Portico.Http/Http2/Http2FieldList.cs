using System.Runtime.InteropServices;
using Portico.Http.Http2.Native;
using Portico.Http.Messages;

namespace Portico.Http.Http2;

/// <summary>
/// Fields on their way into a HEADERS frame: names and values in one array, in order. libnghttp2 copies them and lower-cases the names
/// when they are submitted, so one list serves all streams of a session in turn. Used on the session's shard only.
/// </summary>
internal sealed unsafe class Http2FieldList : IHeaderWriter
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(1024, pinned: true);
    private int _byteCount;
    private NghttpField[] _fields = GC.AllocateArray<NghttpField>(32, pinned: true);

    public int Count { get; private set; }

    /// <summary>Bytes of names and values.</summary>
    public int Length => _byteCount;

    public void Clear()
    {
        _byteCount = 0;
        Count = 0;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, value, neverIndexed: false);

    /// <param name="name">The name, in any case.</param>
    /// <param name="value">The value.</param>
    /// <param name="neverIndexed">For what no compression state must hold (RFC 7541, 7.1.3).</param>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed)
    {
        EnsureRoom(name.Length + value.Length);
        // Offsets for now: the array may still be replaced.
        _fields[Count++] = new NghttpField
        {
            Name = (byte*)_byteCount,
            NameLength = (nuint)name.Length,
            Value = (byte*)(_byteCount + name.Length),
            ValueLength = (nuint)value.Length,
            Flags = neverIndexed ? LibNghttp2.NvFlagNoIndex : (byte)0,
        };
        name.CopyTo(_bytes.AsSpan(_byteCount));
        value.CopyTo(_bytes.AsSpan(_byteCount + name.Length));
        _byteCount += name.Length + value.Length;
    }

    /// <summary>The fields as the library wants them. To be used at once, and only once before <see cref="Clear"/>.</summary>
    internal NghttpField* Resolve()
    {
        var bytes = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
        for (var index = 0; index < Count; index++)
        {
            _fields[index].Name = bytes + (nint)_fields[index].Name;
            _fields[index].Value = bytes + (nint)_fields[index].Value;
        }

        return (NghttpField*)Marshal.UnsafeAddrOfPinnedArrayElement(_fields, 0);
    }

    private void EnsureRoom(int length)
    {
        if (_byteCount + length > _bytes.Length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Max(_byteCount + length, 2 * _bytes.Length), pinned: true);
            _bytes.AsSpan(0, _byteCount).CopyTo(larger);
            _bytes = larger;
        }

        if (Count == _fields.Length)
        {
            var more = GC.AllocateArray<NghttpField>(2 * Count, pinned: true);
            _fields.AsSpan().CopyTo(more);
            _fields = more;
        }
    }
}
