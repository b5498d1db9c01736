using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Portico.Proxy.Passwords;

/// <summary>
/// Apache's variant of the MD5-based crypt of FreeBSD: the same thousand rounds under another name. What htpasswd writes by default.
/// </summary>
internal static class Apr1
{
    public const string Magic = "$apr1$";

    private const int Rounds = 1000;
    private const int LongestSalt = 8;
    private const string Digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The whole entry for a password with the salt of another entry.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The format of the file; its author chose it.")]
    public static string Hash(ReadOnlySpan<byte> password, string setting)
    {
        var salt = Encoding.Latin1.GetBytes(SaltOf(setting));
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        md5.AppendData(password);
        md5.AppendData(salt);
        md5.AppendData(password);
        var inner = md5.GetHashAndReset();

        md5.AppendData(password);
        md5.AppendData(Encoding.ASCII.GetBytes(Magic));
        md5.AppendData(salt);
        for (var left = password.Length; left > 0; left -= inner.Length)
        {
            md5.AppendData(inner.AsSpan(0, Math.Min(left, inner.Length)));
        }

        for (var bits = password.Length; bits > 0; bits >>= 1)
        {
            md5.AppendData((bits & 1) != 0 ? [0] : password[..1]);
        }

        var hash = md5.GetHashAndReset();
        for (var round = 0; round < Rounds; round++)
        {
            hash = NextRound(md5, round, password, salt, hash);
        }

        return $"{Magic}{Encoding.Latin1.GetString(salt)}${Encode(hash)}";
    }

    private static byte[] NextRound(IncrementalHash md5, int round, ReadOnlySpan<byte> password, byte[] salt, byte[] hash)
    {
        var odd = (round & 1) != 0;
        md5.AppendData(odd ? password : hash);
        if (round % 3 != 0)
        {
            md5.AppendData(salt);
        }

        if (round % 7 != 0)
        {
            md5.AppendData(password);
        }

        md5.AppendData(odd ? hash : password);
        return md5.GetHashAndReset();
    }

    private static string SaltOf(string setting)
    {
        var rest = setting[Magic.Length..];
        var end = rest.IndexOf('$', StringComparison.Ordinal);
        var salt = end < 0 ? rest : rest[..end];
        return salt.Length > LongestSalt ? salt[..LongestSalt] : salt;
    }

    private static string Encode(byte[] hash)
    {
        var text = new StringBuilder(22);
        for (var i = 0; i < 5; i++)
        {
            Append(text, (hash[i] << 16) | (hash[i + 6] << 8) | hash[i == 4 ? 5 : i + 12], 4);
        }

        Append(text, hash[11], 2);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int value, int digits)
    {
        for (; digits > 0; digits--, value >>= 6)
        {
            text.Append(Digits[value & 0x3F]);
        }
    }
}
