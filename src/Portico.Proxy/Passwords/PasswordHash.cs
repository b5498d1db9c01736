using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Portico.Proxy.Passwords.Native;

namespace Portico.Proxy.Passwords;

/// <summary>
/// Compares a password with an entry of a password file: the formats of nginx's ngx_crypt and of crypt(3). Stateless; slow on purpose of
/// the formats, so only <see cref="IsCheap"/> ones are checked on a shard.
/// </summary>
internal static unsafe class PasswordHash
{
    private const string Plain = "{PLAIN}";
    private const string Sha = "{SHA}";
    private const string SaltedSha = "{SSHA}";

    /// <summary>Passwords and entries up to this size cost no allocation.</summary>
    private const int MostOnStack = 512;

    private static readonly string[] CryptSettings = ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$"];

    [ThreadStatic]
    private static byte* t_cryptData;

    /// <summary>Whether checking costs about as much as looking a verdict up.</summary>
    public static bool IsCheap(string hash) =>
        hash.StartsWith(Plain, StringComparison.Ordinal) || hash.StartsWith(Sha, StringComparison.Ordinal) || hash.StartsWith(SaltedSha, StringComparison.Ordinal);

    /// <summary>False also for formats that are unknown and for hashes that are none.</summary>
    /// <param name="hash">What stands behind the user's name, up to a further colon; Latin-1.</param>
    public static bool Verify(ReadOnlySpan<byte> password, string hash)
    {
        if (password.Contains((byte)0))
        {
            // C functions would take the part before it for the whole.
            return false;
        }

        if (hash.StartsWith(Plain, StringComparison.Ordinal))
        {
            return VerifyPlain(password, hash.AsSpan(Plain.Length));
        }

        if (hash.StartsWith(SaltedSha, StringComparison.Ordinal))
        {
            return VerifySha(password, hash.AsSpan(SaltedSha.Length), salted: true);
        }

        if (hash.StartsWith(Sha, StringComparison.Ordinal))
        {
            return VerifySha(password, hash.AsSpan(Sha.Length), salted: false);
        }

        return hash.StartsWith(Apr1.Magic, StringComparison.Ordinal)
            ? Same(Encoding.Latin1.GetBytes(Apr1.Hash(password, hash)), Encoding.Latin1.GetBytes(hash))
            : IsCryptSetting(hash) && VerifyCrypt(password, hash);
    }

    private static bool VerifyPlain(ReadOnlySpan<byte> password, ReadOnlySpan<char> text)
    {
        Span<byte> stored = text.Length <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[text.Length];
        return Same(password, stored[..Encoding.Latin1.GetBytes(text, stored)]);
    }

    [SuppressMessage("Security", "CA5350", Justification = "The format of the file; its author chose it.")]
    private static bool VerifySha(ReadOnlySpan<byte> password, ReadOnlySpan<char> encoded, bool salted)
    {
        encoded = encoded.TrimEnd();
        Span<byte> stored = encoded.Length <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[encoded.Length];
        stored = stored[..Encoding.Latin1.GetBytes(encoded, stored)];
        if (Base64.DecodeFromUtf8InPlace(stored, out var length) != System.Buffers.OperationStatus.Done
            || length < SHA1.HashSizeInBytes || (!salted && length != SHA1.HashSizeInBytes))
        {
            return false;
        }

        var salt = stored[SHA1.HashSizeInBytes..length];
        var size = password.Length + salt.Length;
        Span<byte> text = size <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[size];
        text = text[..size];
        password.CopyTo(text);
        salt.CopyTo(text[password.Length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(text, hash);
        CryptographicOperations.ZeroMemory(text);
        return Same(hash, stored[..SHA1.HashSizeInBytes]);
    }

    /// <summary>A setting that crypt does not know makes it answer <c>*0</c>, which a file could hold: neither counts.</summary>
    private static bool IsCryptSetting(string hash) =>
        CryptSettings.Any(s => hash.StartsWith(s, StringComparison.Ordinal))
        || (hash.Length == 13 && hash.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/'));

    private static bool VerifyCrypt(ReadOnlySpan<byte> password, string hash)
    {
        if (t_cryptData == null)
        {
            t_cryptData = (byte*)NativeMemory.AllocZeroed(LibCrypt.DataSize);
        }

        byte[] phrase = [.. password, 0];
        byte[] setting = [.. Encoding.Latin1.GetBytes(hash), 0];
        fixed (byte* phrasePointer = phrase)
        fixed (byte* settingPointer = setting)
        {
            var result = LibCrypt.CryptR(phrasePointer, settingPointer, t_cryptData);
            CryptographicOperations.ZeroMemory(phrase);
            if (result == null || *result == (byte)'*')
            {
                return false;
            }

            return Same(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result), setting.AsSpan(..^1));
        }
    }

    private static bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => CryptographicOperations.FixedTimeEquals(a, b);
}
