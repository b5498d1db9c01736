using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Portico.Net.Tls;

/// <summary>
/// Which certificate a server name gets: exact names, <c>*.suffix</c> for one label, and a default. Immutable; <see cref="With"/> and
/// <see cref="Without"/> share all but one small part with their source, so a change among ten thousand names copies a few KB.
/// Looked up by bytes inside handshakes, on every shard, without a lock or an allocation.
/// </summary>
public sealed class TlsServerNames
{
    /// <summary>TLS allows no longer name (OpenSSL: TLSEXT_MAXLEN_host_name).</summary>
    internal const int MaxNameLength = 255;

    private const int ShardCount = 1024;

    private readonly Entry[]?[] _shards;

    private TlsServerNames(TlsCertificate defaultCertificate, Entry[]?[] shards, int count)
    {
        Default = defaultCertificate;
        _shards = shards;
        Count = count;
    }

    /// <summary>A table that answers every name with the default certificate.</summary>
    public TlsServerNames(TlsCertificate defaultCertificate)
        : this(defaultCertificate, new Entry[]?[ShardCount], 0)
    {
    }

    /// <summary>For names without an entry, for entries without a certificate and for clients without SNI.</summary>
    public TlsCertificate Default { get; }

    public int Count { get; }

    /// <summary>Every certificate of the table; one that serves several names comes several times.</summary>
    public IEnumerable<TlsCertificate> Certificates =>
        _shards.SelectMany(shard => shard ?? []).Select(entry => entry.Certificate).OfType<TlsCertificate>().Prepend(Default);

    /// <summary>Builds a whole table. A null certificate makes the name known and serves the default.</summary>
    public static TlsServerNames Create(TlsCertificate defaultCertificate, IEnumerable<KeyValuePair<string, TlsCertificate?>> byName)
    {
        var lists = new List<Entry>?[ShardCount];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, certificate) in byName)
        {
            var entry = new Entry(name, certificate);
            var list = lists[ShardOf(entry.Hash)] ??= [];
            if (!seen.Add(name.ToLowerInvariant()))
            {
                list.RemoveAll(other => other.Has(entry.Hash, entry.Name));
            }

            list.Add(entry);
        }

        return new TlsServerNames(defaultCertificate, Array.ConvertAll(lists, list => list?.ToArray()), seen.Count);
    }

    /// <summary>Adds or replaces one name.</summary>
    public TlsServerNames With(string name, TlsCertificate? certificate)
    {
        var entry = new Entry(name, certificate);
        var shard = _shards[ShardOf(entry.Hash)] ?? [];
        var index = Array.FindIndex(shard, other => other.Has(entry.Hash, entry.Name));
        Entry[] changed = index < 0 ? [.. shard, entry] : [.. shard[..index], entry, .. shard[(index + 1)..]];
        return Replace(ShardOf(entry.Hash), changed, Count + (index < 0 ? 1 : 0));
    }

    public TlsServerNames Without(string name)
    {
        var entry = new Entry(name, null);
        var shard = _shards[ShardOf(entry.Hash)] ?? [];
        var index = Array.FindIndex(shard, other => other.Has(entry.Hash, entry.Name));
        return index < 0 ? this : Replace(ShardOf(entry.Hash), [.. shard[..index], .. shard[(index + 1)..]], Count - 1);
    }

    public TlsServerNames WithDefault(TlsCertificate certificate) => new(certificate, _shards, Count);

    /// <summary>
    /// The certificate for a name as a client sent it: lower-cased, one trailing dot removed, exact, then <c>*.</c> and what follows the
    /// first label. False when no entry holds the name; the default is answered then.
    /// </summary>
    internal bool TryFind(ReadOnlySpan<byte> sentName, out TlsCertificate certificate)
    {
        certificate = Default;
        Span<byte> buffer = stackalloc byte[MaxNameLength];
        if (sentName.Length > buffer.Length || Ascii.ToLower(sentName, buffer, out var length) != OperationStatus.Done)
        {
            return false;
        }

        var name = buffer[..length];
        if (name.EndsWith("."u8))
        {
            name = name[..^1];
        }

        if (TryFindEntry(name, out var entry) || TryFindWildcard(name, out entry))
        {
            certificate = entry.Certificate ?? Default;
            return true;
        }

        return false;
    }

    // The byte before the rest's dot belongs to the first label and becomes the star.
    private bool TryFindWildcard(Span<byte> name, [NotNullWhen(true)] out Entry? entry)
    {
        var dot = name.IndexOf((byte)'.');
        if (dot < 1)
        {
            entry = null;
            return false;
        }

        var wildcard = name[(dot - 1)..];
        wildcard[0] = (byte)'*';
        return TryFindEntry(wildcard, out entry);
    }

    private bool TryFindEntry(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Entry? entry)
    {
        var hash = HashOf(name);
        foreach (var candidate in _shards[ShardOf(hash)] ?? [])
        {
            if (candidate.Has(hash, name))
            {
                entry = candidate;
                return true;
            }
        }

        entry = null;
        return false;
    }

    private TlsServerNames Replace(int shard, Entry[] entries, int count)
    {
        var shards = (Entry[]?[])_shards.Clone();
        shards[shard] = entries;
        return new TlsServerNames(Default, shards, count);
    }

    private static int ShardOf(int hash) => hash & (ShardCount - 1);

    // Seeded per process: tenants choose the names and shall not choose where they collide.
    private static int HashOf(ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    private sealed class Entry
    {
        public Entry(string name, TlsCertificate? certificate)
        {
            Name = Encoding.UTF8.GetBytes(name.ToLowerInvariant());
            Hash = HashOf(Name);
            Certificate = certificate;
        }

        public int Hash { get; }

        public byte[] Name { get; }

        public TlsCertificate? Certificate { get; }

        public bool Has(int hash, ReadOnlySpan<byte> name) => hash == Hash && name.SequenceEqual(Name);
    }
}
