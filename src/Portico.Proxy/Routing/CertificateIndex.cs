using System.Text;
using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// Which host names a <see cref="CertificateTable"/> has an entry for, with or without a usable certificate: what decides about the
/// redirect to https. Built by the control thread, then read by all shards.
/// </summary>
internal sealed class CertificateIndex
{
    /// <summary>The server names themselves, <c>*.</c> included.</summary>
    private readonly ByteKeyTable<string> _names;

    /// <summary>Keyed by what follows the star, dot included.</summary>
    private readonly ByteKeyTable<string> _wildcards;

    public CertificateIndex(CertificateTable model)
    {
        Model = model;
        _names = new ByteKeyTable<string>(model.ByServerName.Count);
        _wildcards = new ByteKeyTable<string>(model.ByServerName.Keys.Count(HostName.IsWildcard));
        foreach (var name in model.ByServerName.Keys)
        {
            Add(name, Encoding.UTF8.GetBytes(name));
        }
    }

    private CertificateIndex(CertificateTable model, CertificateIndex basis)
    {
        Model = model;
        _names = basis._names.Copy();
        _wildcards = basis._wildcards.Copy();
    }

    public CertificateTable Model { get; }

    /// <summary>The index of a table that has most names in common with the one of an earlier index.</summary>
    public static CertificateIndex Build(CertificateTable model, CertificateIndex? basis)
    {
        if (basis is null || model.ByServerName.Count > 2 * basis._names.Capacity)
        {
            return new CertificateIndex(model);
        }

        if (ReferenceEquals(model.ByServerName, basis.Model.ByServerName))
        {
            return new CertificateIndex(model, basis);
        }

        var index = new CertificateIndex(model, basis);
        var names = model.Change is { } change && change.IsAllSince(basis.Model.ByServerName) ? change.Keys : model.ByServerName.Keys.Concat(basis.Model.ByServerName.Keys);
        foreach (var name in names)
        {
            var (stays, was) = (model.ByServerName.ContainsKey(name), basis.Model.ByServerName.ContainsKey(name));
            if (stays && !was)
            {
                index.Add(name, Encoding.UTF8.GetBytes(name));
            }
            else if (was && !stays)
            {
                index.Remove(name);
            }
        }

        return index;
    }

    public bool Covers(ReadOnlySpan<byte> host)
    {
        if (_names.Find(host) is not null)
        {
            return true;
        }

        var dot = host.IndexOf((byte)'.');
        return dot > 0 && _wildcards.Count > 0 && _wildcards.Find(host[dot..]) is not null;
    }

    private void Add(string name, byte[] key)
    {
        _names.TryAdd(key, name);
        if (HostName.IsWildcard(name))
        {
            _wildcards.TryAdd(key[1..], name);
        }
    }

    private void Remove(string name)
    {
        var key = Encoding.UTF8.GetBytes(name);
        Remove(_names, key);
        if (HostName.IsWildcard(name))
        {
            Remove(_wildcards, key[1..]);
        }
    }

    private static void Remove(ByteKeyTable<string> table, byte[] key)
    {
        if (table.Find(key) is { } value)
        {
            table.Remove(key, ByteHash.Of(key), value);
        }
    }
}
