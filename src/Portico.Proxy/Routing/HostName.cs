using System.Text;
using Portico.Proxy.Routing.Patterns;

namespace Portico.Proxy.Routing;

internal enum HostNameKind
{
    /// <summary>The whole name.</summary>
    Exact,

    /// <summary><c>*.example.com</c> for one label.</summary>
    OneLabelWildcard,

    /// <summary><c>*.example.com</c> for one or more labels.</summary>
    Wildcard,

    Pattern,

    /// <summary>Every name that nothing else claims.</summary>
    Any,
}

/// <summary>A name of a host in the form that <see cref="HostIndex"/> looks it up with. Immutable.</summary>
internal sealed class HostName
{
    private HostName(HostNameKind kind, byte[] key, BytePattern? pattern)
    {
        Kind = kind;
        Key = key;
        Hash = ByteHash.Of(key);
        Pattern = pattern;
    }

    public static HostName Any { get; } = new(HostNameKind.Any, [], null);

    public HostNameKind Kind { get; }

    /// <summary>The name, of a wildcard what follows <c>*.</c>, lower case.</summary>
    public byte[] Key { get; }

    public uint Hash { get; }

    public BytePattern? Pattern { get; }

    public static HostName Exact(string name) => new(HostNameKind.Exact, Bytes(name), null);

    /// <param name="name">Starts with <c>*.</c></param>
    public static HostName Wildcard(string name, bool oneLabel) =>
        new(oneLabel ? HostNameKind.OneLabelWildcard : HostNameKind.Wildcard, Bytes(name[2..]), null);

    public static HostName OfPattern(BytePattern pattern) => new(HostNameKind.Pattern, [], pattern);

    public static bool IsWildcard(string name) => name.StartsWith("*.", StringComparison.Ordinal);

    private static byte[] Bytes(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Ascii.ToLowerInPlace(bytes, out _);
        return bytes;
    }
}
