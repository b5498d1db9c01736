using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Limits;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Digest authentication (RFC 2617 with MD5 and qop=auth, which is what the module of ingress-nginx speaks and password files hold). Nonces
/// carry their moment and a keyed hash of it, so that every shard knows its own; which counts of a nonce were used is remembered, so that
/// nothing that was overheard is good a second time. Immutable, shared by all shards.
/// </summary>
internal sealed class DigestAuthFilter
{
    private const long NonceMilliseconds = 60_000;

    /// <summary>How far counts may come out of order: browsers open several connections.</summary>
    private const int Window = 64;

    private readonly FrozenDictionary<string, string> _secrets;
    private readonly string _realm;
    private readonly PolicyState _state;

    public DigestAuthFilter(BasicAuthPolicy policy, PolicyState state)
    {
        _realm = policy.Realm;
        _state = state;
        // A line is user:realm:secret; entries of another realm are for somebody else.
        _secrets = policy.Users
            .Select(user => (Name: user.User, Parts: user.Hash.Split(':')))
            .Where(user => user.Parts.Length >= 2 && user.Parts[0] == policy.Realm)
            .GroupBy(user => user.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.First().Parts[1].Trim().ToLowerInvariant(), StringComparer.Ordinal);
    }

    /// <returns><see cref="AnswerReason.None"/> for a right response; else the challenge stands in the request.</returns>
    public AnswerReason Check(RequestContext context) => Check(context, Environment.TickCount64);

    /// <param name="context">The request.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public AnswerReason Check(RequestContext context, long now)
    {
        var fields = Fields(context.Head.Headers);
        var stale = false;
        if (fields is not null && IsRight(context, fields))
        {
            var nonce = fields["nonce"];
            stale = !IsOurs(nonce, now);
            if (!stale && TryUse(nonce, fields["nc"], now))
            {
                return AnswerReason.None;
            }

            stale = true;
        }

        context.Challenge = Challenge(now, stale);
        return AnswerReason.AuthDenied;
    }

    private byte[] Challenge(long now, bool stale) => Encoding.ASCII.GetBytes(
        $"Digest algorithm=\"MD5\", qop=\"auth\", realm=\"{_realm}\", nonce=\"{Nonce(now)}\"{(stale ? ", stale=\"true\"" : "")}");

    private bool IsRight(RequestContext context, Dictionary<string, string> fields)
    {
        if (!fields.TryGetValue("username", out var user) || !fields.TryGetValue("uri", out var uri) || !fields.TryGetValue("nonce", out var nonce)
            || !fields.TryGetValue("nc", out var count) || !fields.TryGetValue("cnonce", out var clientNonce)
            || !fields.TryGetValue("response", out var response) || fields.GetValueOrDefault("qop") != "auth"
            || fields.GetValueOrDefault("realm", "") != _realm)
        {
            return false;
        }

        // A response for another target is not one for this request.
        var target = Encoding.Latin1.GetString(context.Head.PathAndQuery);
        if (uri != target && uri != Encoding.Latin1.GetString(context.Head.Target))
        {
            return false;
        }

        var method = Encoding.Latin1.GetString(context.Head.MethodToken);
        var secret = _secrets.GetValueOrDefault(user, "");
        var expected = Md5($"{secret}:{nonce}:{count}:{clientNonce}:auth:{Md5($"{method}:{uri}")}");
        var same = CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(expected), Encoding.Latin1.GetBytes(response.ToLowerInvariant()));
        return same && secret.Length > 0;
    }

    /// <summary>A nonce that is good from that moment on.</summary>
    public string Nonce(long moment)
    {
        Span<byte> text = stackalloc byte[8 + _realm.Length];
        BinaryPrimitives.WriteInt64BigEndian(text, moment);
        Encoding.Latin1.GetBytes(_realm, text[8..]);
        return moment.ToString("x16", CultureInfo.InvariantCulture) + _state.KeyOf(text).ToString("x32", CultureInfo.InvariantCulture);
    }

    private bool IsOurs(string nonce, long now) =>
        nonce.Length == 48 && long.TryParse(nonce.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var moment)
        && moment <= now && now - moment < NonceMilliseconds
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Nonce(moment)), Encoding.Latin1.GetBytes(nonce));

    /// <summary>Each count of a nonce is good once.</summary>
    private bool TryUse(string nonce, string count, long now)
    {
        if (!uint.TryParse(count, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            return false;
        }

        ref var slot = ref _state.Nonces.Enter(_state.KeyOf(Encoding.ASCII.GetBytes(nonce)), now + 1, out var set);
        // Value: the highest count. Moment: which of those below it were used, one bit each.
        var behind = slot.Value - number;
        var fresh = behind < 0 || (behind is > 0 and < Window && (slot.Moment & (1L << (int)behind)) == 0);
        if (behind < 0)
        {
            var ahead = -behind;
            slot.Moment = ahead >= Window ? 1 : (slot.Moment << (int)ahead) | 1;
            slot.Value = number;
        }
        else if (fresh)
        {
            slot.Moment |= 1L << (int)behind;
        }

        StripedTable.Leave(set);
        return fresh;
    }

    /// <summary>The parameters of the Authorization header; null when it is of another scheme or no list of parameters.</summary>
    private static Dictionary<string, string>? Fields(HeaderBlock headers)
    {
        var scheme = "Digest "u8;
        if (!headers.TryGet(HeaderId.Authorization, out var value) || headers.CountOf(HeaderId.Authorization) != 1
            || value.Length <= scheme.Length || !Ascii.EqualsIgnoreCase(value[..scheme.Length], scheme))
        {
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var rest = Encoding.Latin1.GetString(value[scheme.Length..]).AsSpan();
        while (!(rest = rest.TrimStart(" ,\t")).IsEmpty)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0)
            {
                return null;
            }

            var name = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            if (!TryReadValue(ref rest, out var text) || !fields.TryAdd(name, text))
            {
                return null;
            }
        }

        return fields;
    }

    private static bool TryReadValue(ref ReadOnlySpan<char> rest, out string value)
    {
        value = "";
        if (!rest.StartsWith("\""))
        {
            var end = rest.IndexOfAny(',', ' ');
            value = (end < 0 ? rest : rest[..end]).ToString();
            rest = end < 0 ? [] : rest[end..];
            return true;
        }

        var text = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                value = text.ToString();
                rest = rest[(i + 1)..];
                return true;
            }

            if (rest[i] == '\\' && i + 1 < rest.Length)
            {
                i++;
            }

            text.Append(rest[i]);
        }

        return false;
    }

    [SuppressMessage("Security", "CA5351", Justification = "The scheme asks for it, and the files hold its results.")]
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.Latin1.GetBytes(text)));
}
