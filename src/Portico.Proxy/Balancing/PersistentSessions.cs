using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Portico.Proxy.Balancing;

/// <summary>
/// The keys of endpoints in cookies of <c>affinity-mode: persistent</c>: the MD5 of the backend's name and <c>address:port</c> in
/// hexadecimal, as ingress-nginx makes it, so that its cookies stay valid. Immutable.
/// </summary>
internal sealed class PersistentSessions
{
    private readonly EndpointState[] _endpoints;
    private readonly byte[][] _keys;
    private readonly Dictionary<ulong, int> _byBeginning = [];

    public PersistentSessions(string backend, EndpointState[] endpoints)
    {
        _endpoints = endpoints;
        _keys = [.. endpoints.Select(endpoint => SessionKeys.Md5(backend + endpoint.Text))];
        for (var i = 0; i < _keys.Length; i++)
        {
            _byBeginning[BeginningOf(_keys[i])] = i;
        }
    }

    public byte[] KeyOf(int endpoint) => _keys[endpoint];

    public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out EndpointState? endpoint)
    {
        endpoint = null;
        if (key.Length == SessionKeys.Length && _byBeginning.TryGetValue(BeginningOf(key), out var number) && key.SequenceEqual(_keys[number]))
        {
            endpoint = _endpoints[number];
        }

        return endpoint is not null;
    }

    private static ulong BeginningOf(ReadOnlySpan<byte> key) => BitConverter.ToUInt64(key);
}

/// <summary>The MD5 texts that session cookies are made of. They name things; nothing is kept secret by them.</summary>
internal static class SessionKeys
{
    public const int Length = 32;

    /// <summary>What the second half of a cookie names a backend by.</summary>
    public static byte[] OfBackend(string name) => Md5(Encoding.ASCII.GetString(Md5(name)) + name);

    [SuppressMessage("Security", "CA5351", Justification = "The format of ingress-nginx's cookies; no protection depends on it.")]
    public static byte[] Md5(string text) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text))));
}
