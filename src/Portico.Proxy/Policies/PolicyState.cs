using System.Security.Cryptography;
using Portico.Proxy.ExternalAuth;
using Portico.Proxy.Limits;
using Portico.Proxy.Passwords;

namespace Portico.Proxy.Policies;

/// <summary>
/// What policies remember beyond a snapshot: what clients have used of their limits, what authentication services said, which passwords
/// were right. One for the process, given to the compiler of routes; entries are found again by name. Thread-safe.
/// </summary>
internal sealed class PolicyState
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WeakReference<RateZone>> _rates = [];
    private readonly Dictionary<string, WeakReference<ConnectionZone>> _connections = [];
    private int _pruneAt = 64;

    public PolicyState() => Passwords = new PasswordVerifier(this);

    /// <summary>The counts that were used of each nonce of digest authentication.</summary>
    public StripedTable Nonces { get; } = new(1024);

    public AuthAnswerCache AuthAnswers { get; } = new();

    public PasswordVerifier Passwords { get; }

    /// <summary>The buckets of that name; as long as a route that is in use has them they are the same ones.</summary>
    public RateZone Rate(string name) => Find(_rates, name, static () => new RateZone());

    public ConnectionZone Connections(string name) => Find(_connections, name, static () => new ConnectionZone());

    /// <summary>
    /// A key that nobody outside can make two texts of: HMAC-SHA-256 with a secret of this process, the first half. So tables need not
    /// keep the texts, passwords among them.
    /// </summary>
    public UInt128 KeyOf(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, text, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private T Find<T>(Dictionary<string, WeakReference<T>> zones, string name, Func<T> make) where T : class
    {
        lock (_gate)
        {
            if (zones.TryGetValue(name, out var known) && known.TryGetTarget(out var zone))
            {
                return zone;
            }

            if (zones.Count >= _pruneAt)
            {
                Prune(zones);
            }

            zone = make();
            zones[name] = new WeakReference<T>(zone);
            return zone;
        }
    }

    /// <summary>Forgets the names whose zones nobody uses any more.</summary>
    private void Prune<T>(Dictionary<string, WeakReference<T>> zones) where T : class
    {
        foreach (var (name, zone) in zones)
        {
            if (!zone.TryGetTarget(out _))
            {
                zones.Remove(name);
            }
        }

        _pruneAt = Math.Max(64, zones.Count * 2);
    }
}
