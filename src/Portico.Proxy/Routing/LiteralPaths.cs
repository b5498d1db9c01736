using System.Text;
using Portico.Http.Messages;
using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// The exact and prefix paths of a host. One pass over the request's path looks up each of its element boundaries once, so a thousand
/// paths cost as much as three. Immutable once built; read by all shards.
/// <para>
/// Routes are numbered in order of precedence, and several may have one path (told apart by their conditions). Among all routes that
/// take a request the lowest number wins, whatever the lengths of the paths: the same as trying the routes one after the other.
/// </para>
/// </summary>
internal sealed class LiteralPaths
{
    private readonly CompiledRoute[] _routes;
    private readonly ByteKeyTable<Node> _nodes;

    /// <summary>Bit n % 64 is set when a path is n bytes long: most boundaries need no lookup at all.</summary>
    private readonly ulong _lengths;
    private readonly int _longest;

    public LiteralPaths(CompiledRoute[] routes)
    {
        _routes = routes;
        _nodes = new ByteKeyTable<Node>(routes.Count(route => route.Model.Match.Path.Kind != PathMatchKind.Regex));
        for (var number = 0; number < routes.Length; number++)
        {
            var path = routes[number].Model.Match.Path;
            if (path.Kind == PathMatchKind.Regex)
            {
                continue;
            }

            var key = Encoding.UTF8.GetBytes(path.Value.Length == 0 ? "/" : path.Value);
            var node = _nodes.Find(key);
            if (node is null)
            {
                node = new Node();
                _nodes.TryAdd(key, node);
            }

            node.Add(path.Kind, number);
            _lengths |= 1UL << (key.Length & 63);
            _longest = Math.Max(_longest, key.Length);
        }
    }

    /// <summary>The lowest number of a route that takes the request, or the number of routes.</summary>
    public int Find(ReadOnlySpan<byte> path, RequestHead head)
    {
        var best = _routes.Length;
        var hash = ByteHash.Start;
        var hashed = 0;
        for (var slash = path.IndexOf((byte)'/'); slash >= 0 && slash <= _longest; slash = NextSlash(path, slash))
        {
            // At /foo/bar: the prefix /foo, then the prefix /foo/.
            Improve(PathMatchKind.Prefix, path[..slash], ref hash, ref hashed, ref best, head);
            Improve(PathMatchKind.Prefix, path[..(slash + 1)], ref hash, ref hashed, ref best, head);
        }

        Improve(PathMatchKind.Prefix, path, ref hash, ref hashed, ref best, head);
        Improve(PathMatchKind.Exact, path, ref hash, ref hashed, ref best, head);
        return best;
    }

    private static int NextSlash(ReadOnlySpan<byte> path, int slash)
    {
        var next = path[(slash + 1)..].IndexOf((byte)'/');
        return next < 0 ? -1 : slash + 1 + next;
    }

    /// <param name="hash">The hash of the first <paramref name="hashed"/> bytes of the path, carried on when a lookup needs more.</param>
    private void Improve(PathMatchKind kind, ReadOnlySpan<byte> key, ref uint hash, ref int hashed, ref int best, RequestHead head)
    {
        if (key.Length > _longest || ((_lengths >> (key.Length & 63)) & 1) == 0)
        {
            return;
        }

        hash = ByteHash.Append(hash, key[hashed..]);
        hashed = key.Length;
        if (_nodes.Find(key, hash) is not { } node)
        {
            return;
        }

        foreach (var number in kind == PathMatchKind.Exact ? node.Exact : node.Prefix)
        {
            if (number >= best)
            {
                return;
            }

            if (_routes[number].Conditions.Hold(head))
            {
                best = number;
                return;
            }
        }
    }

    /// <summary>The routes of one path, in ascending order.</summary>
    private sealed class Node
    {
        public int[] Exact { get; private set; } = [];

        public int[] Prefix { get; private set; } = [];

        public void Add(PathMatchKind kind, int number)
        {
            if (kind == PathMatchKind.Exact)
            {
                Exact = [.. Exact, number];
            }
            else
            {
                Prefix = [.. Prefix, number];
            }
        }
    }
}
