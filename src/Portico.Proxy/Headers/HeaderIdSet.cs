using Portico.Http.Messages;

namespace Portico.Proxy.Headers;

/// <summary>A set of known header names in one machine word: membership is a shift and a mask.</summary>
internal readonly record struct HeaderIdSet(ulong Bits)
{
    public static HeaderIdSet Of(params ReadOnlySpan<HeaderId> ids)
    {
        var set = default(HeaderIdSet);
        foreach (var id in ids)
        {
            set = set.With(id);
        }

        return set;
    }

    public bool Contains(HeaderId id) => ((Bits >> (int)id) & 1) != 0;

    /// <summary>The set with that name in it. <see cref="HeaderId.Other"/> is no name and changes nothing.</summary>
    public HeaderIdSet With(HeaderId id) => id == HeaderId.Other ? this : new(Bits | (1UL << (int)id));

    public HeaderIdSet Without(HeaderId id) => new(Bits & ~(1UL << (int)id));

    public HeaderIdSet With(HeaderIdSet others) => new(Bits | others.Bits);
}
