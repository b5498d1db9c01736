namespace Portico.Proxy.Balancing;

/// <summary>
/// A consistent hash ring: every endpoint owns 160 points, a key belongs to the next point. The points of an endpoint depend on its
/// address alone, so taking an endpoint away moves only its own keys, and every replica of the gateway has the same ring.
/// Immutable; read by all shards.
/// </summary>
internal sealed class HashRing
{
    private const int PointsPerEndpoint = 160;

    private readonly ulong[] _points;
    private readonly EndpointState[] _owners;

    public HashRing(EndpointState[] endpoints)
    {
        _points = new ulong[endpoints.Length * PointsPerEndpoint];
        _owners = new EndpointState[_points.Length];
        var at = 0;
        foreach (var endpoint in endpoints)
        {
            var seed = Hash(endpoint.TextBytes);
            for (var i = 1; i <= PointsPerEndpoint; i++)
            {
                _points[at] = Mix(seed + ((ulong)i * 0x9E3779B97F4A7C15));
                _owners[at++] = endpoint;
            }
        }

        Array.Sort(_points, _owners);
    }

    public EndpointState? Find(ReadOnlySpan<byte> key)
    {
        if (_points.Length == 0)
        {
            return null;
        }

        var at = Array.BinarySearch(_points, Hash(key));
        at = at < 0 ? ~at : at;
        return _owners[at == _points.Length ? 0 : at];
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return Mix(hash);
    }

    /// <summary>The finaliser of splitmix64: every bit of the input reaches every bit of the output.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
