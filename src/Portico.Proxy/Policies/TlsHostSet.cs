using System.Collections.Frozen;
using System.Text;
using Portico.Model;

namespace Portico.Proxy.Policies;

/// <summary>
/// The hosts with an entry in the certificate table, also those whose certificate cannot be used: the ones that
/// <c>ssl-redirect</c> redirects. Made once a snapshot, immutable, shared by all shards.
/// </summary>
internal sealed class TlsHostSet
{
    /// <summary>RFC 1035, 2.3.4; a longer name cannot be in the table.</summary>
    private const int LongestName = 255;

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;

    private TlsHostSet(IEnumerable<string> names) =>
        _names = names.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static TlsHostSet Empty { get; } = new([]);

    public static TlsHostSet From(CertificateTable? certificates) =>
        certificates is null || certificates.ByServerName.IsEmpty ? Empty : new TlsHostSet(certificates.ByServerName.Keys);

    /// <param name="host">Lower case, without port. Found as it is, or with a star for its first label.</param>
    public bool Contains(ReadOnlySpan<byte> host)
    {
        if (host.Length is 0 or > LongestName)
        {
            return false;
        }

        Span<char> name = stackalloc char[LongestName];
        var length = Encoding.Latin1.GetChars(host, name);
        if (_names.Contains(name[..length]))
        {
            return true;
        }

        var dot = name[..length].IndexOf('.');
        if (dot < 1)
        {
            return false;
        }

        name[dot - 1] = '*';
        return _names.Contains(name[(dot - 1)..length]);
    }
}
