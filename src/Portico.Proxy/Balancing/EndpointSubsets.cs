namespace Portico.Proxy.Balancing;

/// <summary>
/// The endpoints cut into groups of one size, the last filled up from the start, and the ring that a key finds its group on
/// (<c>upstream-hash-by-subset</c>). Cut in the order of their addresses, so that every replica cuts alike. Immutable.
/// </summary>
internal sealed class EndpointSubsets
{
    private readonly EndpointState[] _endpoints;
    private readonly HashRing _ring;
    private readonly int _size;

    public EndpointSubsets(EndpointState[] endpoints, int size)
    {
        _endpoints = [.. endpoints.OrderBy(endpoint => endpoint.Text, StringComparer.Ordinal)];
        _size = Math.Min(size, endpoints.Length);
        _ring = HashRing.OfSets(endpoints.Length == 0 ? 0 : (endpoints.Length + _size - 1) / _size);
    }

    /// <summary>One endpoint of the key's group.</summary>
    /// <param name="random">Evenly distributed over all values.</param>
    public EndpointState? Draw(ReadOnlySpan<byte> key, uint random)
    {
        var set = _ring.Find(key);
        return set < 0 ? null : _endpoints[((set * _size) + (int)(((ulong)random * (uint)_size) >> 32)) % _endpoints.Length];
    }
}
