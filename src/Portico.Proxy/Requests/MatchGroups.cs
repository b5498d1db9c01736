using Portico.Http.Messages;

namespace Portico.Proxy.Requests;

/// <summary>
/// The groups of the regular expression that matched last (nginx's <c>$1</c> to <c>$9</c>). Reused with the request that owns it.
/// </summary>
internal sealed class MatchGroups
{
    private readonly ByteBuilder _text = new();
    private ByteRange[] _ranges = new ByteRange[4];

    /// <summary>The number of groups, group 0 (the whole match) included; 0 when nothing has matched.</summary>
    public int Count { get; private set; }

    public void Clear()
    {
        _text.Clear();
        Count = 0;
    }

    /// <summary>Where the text of the next group is written; <see cref="EndGroup"/> finishes it.</summary>
    public ByteBuilder Text => _text;

    /// <summary>Makes what was written behind <paramref name="start"/> the next group.</summary>
    public void EndGroup(int start)
    {
        if (Count == _ranges.Length)
        {
            Array.Resize(ref _ranges, Count * 2);
        }

        _ranges[Count++] = new ByteRange(start, _text.Length - start);
    }

    /// <summary>A group that does not exist or took no part in the match is empty.</summary>
    public ReadOnlySpan<byte> this[int number] =>
        number < Count ? _text.Written.Slice(_ranges[number].Start, _ranges[number].Length) : default;
}
