using System.Buffers;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

/// <summary>A condition on one named value: equal to a text, or matched as a whole by a pattern. Immutable; read by all shards.</summary>
internal sealed class ValueCondition
{
    private readonly byte[] _text;
    private readonly BytePattern? _pattern;

    public ValueCondition(byte[] name, byte[] text)
    {
        Name = name;
        _text = text;
    }

    public ValueCondition(byte[] name, BytePattern pattern)
    {
        Name = name;
        _text = [];
        _pattern = pattern;
    }

    public byte[] Name { get; }

    public bool Holds(ReadOnlySpan<byte> value) => _pattern?.IsMatch(value) ?? value.SequenceEqual(_text);

    /// <summary>The same for a percent-encoded value.</summary>
    public bool HoldsDecoded(ReadOnlySpan<byte> encoded)
    {
        if (_pattern is null)
        {
            return PercentEncoding.DecodedEquals(encoded, _text);
        }

        if (!encoded.Contains((byte)'%'))
        {
            return _pattern.IsMatch(encoded);
        }

        var rented = ArrayPool<byte>.Shared.Rent(encoded.Length);
        var holds = _pattern.IsMatch(rented.AsSpan(0, PercentEncoding.Decode(encoded, rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return holds;
    }
}
