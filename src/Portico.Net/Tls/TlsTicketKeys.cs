using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The keys that seal session tickets, in nginx's formats, so that replicas, and nginx beside them, take each other's tickets: 48 bytes are
/// name, AES-128 key and HMAC key of 16 bytes each; 80 bytes are name (16), HMAC key (32) and AES-256 key (32). The first seals, all of
/// them open. Immutable; used inside handshakes on every shard.
/// </summary>
internal sealed unsafe class TlsTicketKeys
{
    private const int NameLength = 16;
    private const int BlockLength = 16;
    private const int ShortLength = 48;
    private const int LongLength = 80;

    // What OpenSSL's callback answers.
    private const int Failed = -1;
    private const int UnknownKey = 0;
    private const int Done = 1;
    private const int DoneRenew = 2;

    private readonly byte[][] _keys;

    private TlsTicketKeys(byte[][] keys) => _keys = keys;

    public static bool TryCreate(IEnumerable<ReadOnlyMemory<byte>> keys, [NotNullWhen(true)] out TlsTicketKeys? result, [NotNullWhen(false)] out string? error)
    {
        byte[][] copies = [.. keys.Select(k => k.ToArray())];
        error = copies.FirstOrDefault(k => k.Length is not (ShortLength or LongLength)) is { } wrong
            ? $"a session ticket key has {wrong.Length} bytes, not 48 or 80"
            : null;
        result = error is null ? new TlsTicketKeys(copies) : null;
        return result is not null;
    }

    /// <summary>Called by OpenSSL to seal a ticket.</summary>
    public int Seal(byte* name, byte* vector, nint cipher, nint mac)
    {
        var key = _keys[0];
        key.AsSpan(0, NameLength).CopyTo(new Span<byte>(name, NameLength));
        RandomNumberGenerator.Fill(new Span<byte>(vector, BlockLength));
        return Start(key, vector, cipher, mac, encrypt: 1) ? Done : Failed;
    }

    /// <summary>Called by OpenSSL to open one; a ticket of an older key is taken and replaced.</summary>
    public int Open(byte* name, byte* vector, nint cipher, nint mac)
    {
        var sent = new ReadOnlySpan<byte>(name, NameLength);
        for (var i = 0; i < _keys.Length; i++)
        {
            if (sent.SequenceEqual(_keys[i].AsSpan(0, NameLength)))
            {
                return !Start(_keys[i], vector, cipher, mac, encrypt: 0) ? Failed : i == 0 ? Done : DoneRenew;
            }
        }

        return UnknownKey;
    }

    private static bool Start(byte[] key, byte* vector, nint cipher, nint mac, int encrypt)
    {
        var isLong = key.Length == LongLength;
        fixed (byte* secrets = &key[NameLength])
        fixed (byte* keyWord = "key\0"u8, digestWord = "digest\0"u8, sha256 = "sha256\0"u8)
        {
            var half = isLong ? 32 : 16;
            var seal = isLong ? secrets + half : secrets;
            var sign = isLong ? secrets : secrets + half;
            var parameters = stackalloc Parameter[3];
            parameters[0] = new Parameter { Name = keyWord, Type = Parameter.Octets, Data = sign, Length = (nuint)half };
            parameters[1] = new Parameter { Name = digestWord, Type = Parameter.Text, Data = sha256, Length = 6 };
            parameters[2] = default;
            return LibCrypto.EVP_MAC_CTX_set_params(mac, parameters) == 1
                && LibCrypto.EVP_CipherInit_ex(cipher, isLong ? LibCrypto.EVP_aes_256_cbc() : LibCrypto.EVP_aes_128_cbc(), 0, seal, vector, encrypt) == 1;
        }
    }

    /// <summary>OSSL_PARAM.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Parameter
    {
        public const uint Text = 4;
        public const uint Octets = 5;

        public byte* Name;
        public uint Type;
        public void* Data;
        public nuint Length;
        public nuint ReturnLength;
    }
}
