using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Passwords;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Basic authentication (RFC 7617) against the users of a Secret. Missing, malformed and wrong credentials are the same 401.
/// Immutable, shared by all shards; verdicts about passwords are remembered by <see cref="PasswordVerifier"/>.
/// </summary>
internal sealed class BasicAuthFilter
{
    /// <summary>Longer credentials than a head may hold in one line are nobody's.</summary>
    private const int LongestCredentials = 4096;

    private readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _users;
    private readonly PasswordVerifier _verifier;

    public BasicAuthFilter(BasicAuthPolicy policy, PolicyState state)
    {
        _verifier = state.Passwords;
        Challenge = Encoding.ASCII.GetBytes($"Basic realm=\"{policy.Realm}\"");
        // Of several entries with a name the first counts, and of an entry what stands before a further colon.
        _users = policy.Users.GroupBy(u => u.User, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.First().Hash.Split(':')[0], StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The value of WWW-Authenticate.</summary>
    public byte[] Challenge { get; }

    /// <returns><see cref="AnswerReason.None"/> for right credentials, else why not.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<AnswerReason> CheckAsync(RequestContext context, ShardServices services)
    {
        var verdict = Recall(context, out var key, out var password, out var hash);
        if (verdict != PasswordVerdict.Unknown)
        {
            return verdict == PasswordVerdict.Right ? AnswerReason.None : AnswerReason.AuthDenied;
        }

        if (_verifier.Begin(key, password!, hash!, services.Shard) is not { } promise)
        {
            return AnswerReason.AuthOverloaded;
        }

        return await promise.Task ? AnswerReason.None : AnswerReason.AuthDenied;
    }

    /// <summary>Everything that can be known at once. What cannot comes out as the password to check, in memory of its own.</summary>
    private PasswordVerdict Recall(RequestContext context, out UInt128 key, out byte[]? password, out string? hash)
    {
        key = 0;
        password = null;
        hash = null;
        var scratch = context.Scratch;
        scratch.Clear();
        if (!TryDecode(context.Head.Headers, scratch))
        {
            return PasswordVerdict.Wrong;
        }

        var credentials = scratch.Written;
        var colon = credentials.IndexOf((byte)':');
        if (colon < 0)
        {
            return PasswordVerdict.Wrong;
        }

        Span<char> user = stackalloc char[LongestCredentials];
        user = user[..Encoding.Latin1.GetChars(credentials[..colon], user)];
        if (!_users.TryGetValue(user, out hash))
        {
            return PasswordVerdict.Wrong;
        }

        var given = credentials[(colon + 1)..];
        if (PasswordHash.IsCheap(hash))
        {
            return PasswordHash.Verify(given, hash) ? PasswordVerdict.Right : PasswordVerdict.Wrong;
        }

        var length = credentials.Length;
        scratch.Append((byte)0);
        scratch.Append(hash);
        key = _verifier.KeyOf(scratch.Written);
        var verdict = _verifier.Recall(key);
        if (verdict == PasswordVerdict.Unknown)
        {
            password = scratch.Written[(colon + 1)..length].ToArray();
        }

        scratch.WrittenFrom(0).Clear();
        return verdict;
    }

    private static bool TryDecode(HeaderBlock headers, ByteBuilder output)
    {
        var scheme = "Basic "u8;
        // Two headers are two people; who would be the user of the log line?
        if (!headers.TryGet(HeaderId.Authorization, out var value) || headers.CountOf(HeaderId.Authorization) != 1
            || value.Length <= scheme.Length || value.Length > LongestCredentials || !Ascii.EqualsIgnoreCase(value[..scheme.Length], scheme))
        {
            return false;
        }

        var encoded = value[scheme.Length..].Trim((byte)' ');
        var room = output.Reserve(Base64.GetMaxDecodedFromUtf8Length(encoded.Length) + 3);
        if (Base64.DecodeFromUtf8(encoded, room, out _, out var length) != OperationStatus.Done)
        {
            return false;
        }

        output.Advance(length);
        return true;
    }
}
