using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>What one host asks of a handshake besides its certificate. Immutable, used by all shards.</summary>
public sealed unsafe class TlsHostRules
{
    private readonly byte[]? _ciphers;

    /// <param name="verification">The client certificates that are good; null asks for none.</param>
    /// <param name="ciphers">OpenSSL cipher list, checked by <see cref="FindCipherProblem"/>; null for the listener's.</param>
    /// <param name="preferServerCiphers">Whether our order counts; null for the listener's choice.</param>
    public TlsHostRules(TlsClientVerification? verification, string? ciphers = null, bool? preferServerCiphers = null)
    {
        Verification = verification;
        PreferServerCiphers = preferServerCiphers;
        _ciphers = ciphers is null ? null : SslContextSettings.NullTerminated(ciphers);
    }

    public TlsClientVerification? Verification { get; }

    public bool? PreferServerCiphers { get; }

    /// <summary>Why a cipher list cannot be used; null when it can.</summary>
    public static string? FindCipherProblem(string ciphers)
    {
        using var scratch = SslContextSettings.Create(server: true, out var context);
        return SslContextSettings.ApplyCiphers(context, ciphers);
    }

    internal bool ApplyTo(nint ssl)
    {
        const ulong preference = LibSsl.OptionCipherServerPreference | LibSsl.OptionPrioritizeChaCha;
        switch (PreferServerCiphers)
        {
            case true:
                LibSsl.SSL_set_options(ssl, preference);
                break;
            case false:
                LibSsl.SSL_clear_options(ssl, preference);
                break;
        }

        fixed (byte* list = _ciphers)
        {
            return (list == null || LibSsl.SSL_set_cipher_list(ssl, list) == 1) && Verification?.ApplyTo(ssl) != false;
        }
    }
}

/// <summary>Who knows the hosts of a listener. Asked inside handshakes, on every shard, without waiting.</summary>
public interface ITlsHosts
{
    /// <summary>The rules of the host that answers for a name as the client sent it; null when it has none.</summary>
    /// <param name="serverName">Empty when the client sent none.</param>
    /// <param name="known">Whether a host claims the name; false when only the catch-all host answers for it.</param>
    TlsHostRules? FindRules(ReadOnlySpan<byte> serverName, out bool known);
}
