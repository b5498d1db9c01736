using System.Buffers.Binary;
using System.Text;

namespace Portico.Proxy.Balancing;

/// <summary>
/// A consistent hash ring, point by point that of lua-resty-balancer with weight one for every name: each name owns 160 points that
/// follow from it alone, a key belongs to the first point at or behind its CRC-32. So a key leads to the same endpoint on every replica
/// and in a running ingress-nginx, and taking a name away moves only its own keys. Immutable; read by all shards.
/// </summary>
internal sealed class HashRing
{
    private const int PointsPerName = 160;

    private readonly uint[] _points;
    private readonly int[] _owners;

    private HashRing(IEnumerable<byte[]> names, int count)
    {
        _points = new uint[count * PointsPerName];
        _owners = new int[_points.Length];
        Span<byte> previous = stackalloc byte[sizeof(uint)];
        var (at, owner) = (0, 0);
        foreach (var name in names)
        {
            var seed = ~Crc32.Of(name);
            previous.Clear();
            for (var i = 0; i < PointsPerName; i++)
            {
                var point = ~Crc32.Update(seed, previous);
                BinaryPrimitives.WriteUInt32LittleEndian(previous, point);
                _points[at] = point;
                _owners[at++] = owner;
            }

            owner++;
        }

        Array.Sort(_points, _owners);
    }

    /// <summary>The ring of endpoints, each named <c>address:port</c>.</summary>
    public static HashRing Of(EndpointState[] endpoints) => new(endpoints.Select(endpoint => endpoint.SharedText), endpoints.Length);

    /// <summary>The ring of <c>set1</c>, <c>set2</c> and so on.</summary>
    public static HashRing OfSets(int count) => new(Enumerable.Range(1, count).Select(number => Encoding.ASCII.GetBytes($"set{number}")), count);

    /// <summary>The number of the name that a key belongs to; -1 when there is none.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        if (_points.Length == 0)
        {
            return -1;
        }

        var hash = Crc32.Of(key);
        var at = Array.BinarySearch(_points, hash);
        at = at < 0 ? ~at : at;
        // Two names may share a point: the first of them has it.
        while (at > 0 && at < _points.Length && _points[at - 1] == hash)
        {
            at--;
        }

        return _owners[at == _points.Length ? 0 : at];
    }
}
