using System.Text;
using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// Which host names a <see cref="CertificateTable"/> has an entry for, with or without a usable certificate: what decides about the
/// redirect to https. Built by the control thread, then read by all shards.
/// </summary>
internal sealed class CertificateIndex
{
    private readonly ByteKeyTable<CertificateTable> _exact;

    /// <summary>Keyed by what follows the star, dot included.</summary>
    private readonly ByteKeyTable<CertificateTable> _wildcard;

    public CertificateIndex(CertificateTable model)
    {
        Model = model;
        _exact = new ByteKeyTable<CertificateTable>(model.ByServerName.Count);
        _wildcard = new ByteKeyTable<CertificateTable>(model.ByServerName.Keys.Count(IsWildcard));
        foreach (var (name, _) in model.ByServerName)
        {
            var key = Encoding.UTF8.GetBytes(name);
            if (IsWildcard(name))
            {
                _wildcard.TryAdd(key[1..], model);
            }
            else
            {
                _exact.TryAdd(key, model);
            }
        }
    }

    public CertificateTable Model { get; }

    public bool Covers(ReadOnlySpan<byte> host)
    {
        if (_exact.Find(host) is not null)
        {
            return true;
        }

        var dot = host.IndexOf((byte)'.');
        return dot > 0 && _wildcard.Find(host[dot..]) is not null;
    }

    private static bool IsWildcard(string name) => name.StartsWith("*.", StringComparison.Ordinal);
}
