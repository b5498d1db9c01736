using System.Diagnostics.CodeAnalysis;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The TLS side of a listener: one <c>SSL_CTX</c> for all shards, with the session cache and the ticket keys, living as long as the
/// listener. Certificates are not part of it: they are put on each connection inside its handshake, from the table published last, so
/// a new certificate costs no context and sessions stay resumable across it. Other options need a new context.
/// <para>
/// Never disposed: it goes when the listener and the last connection let go of it, so no shard can meet a freed one.
/// </para>
/// </summary>
public sealed partial class TlsServerContext
{
    private readonly SslContextHandle _handle;
    private readonly byte[] _protocols;
    private readonly bool _rejectUnknownNames;
    private readonly ITlsHosts? _hosts;
    private readonly ITlsStapling? _stapling;

    /// <summary>Null for OpenSSL's own random key.</summary>
    private TlsTicketKeys? _ticketKeys;
    private TlsServerNames _names;

    private TlsServerContext(
        SslContextHandle handle, TlsServerOptions options, byte[] protocols, TlsServerNames names, ITlsHosts? hosts, ITlsStapling? stapling)
    {
        _handle = handle;
        _protocols = protocols;
        _rejectUnknownNames = options.RejectUnknownNames;
        _names = names;
        _hosts = hosts;
        _stapling = stapling;
    }

    /// <summary>The table that new handshakes use.</summary>
    public TlsServerNames Names => Volatile.Read(ref _names);

    /// <summary>Refused with the reason when OpenSSL does not take an option.</summary>
    /// <param name="options">What holds for every connection.</param>
    /// <param name="names">The certificates to begin with.</param>
    /// <param name="context">The context.</param>
    /// <param name="error">Why there is none.</param>
    /// <param name="hosts">Who knows what hosts ask for; without it they ask for nothing.</param>
    /// <param name="stapling">Who gets OCSP answers; without it none are shown.</param>
    public static bool TryCreate(
        TlsServerOptions options,
        TlsServerNames names,
        [NotNullWhen(true)] out TlsServerContext? context,
        [NotNullWhen(false)] out string? error,
        ITlsHosts? hosts = null,
        ITlsStapling? stapling = null)
    {
        context = null;
        var handle = SslContextSettings.Create(server: true, out var native);
        error = handle.IsInvalid ? OpenSsl.TakeError() : Configure(native, options);
        byte[] protocols = [];
        error ??= SslContextSettings.EncodeProtocols(options.ApplicationProtocols, out protocols);
        TlsTicketKeys? ticketKeys = null;
        if (error is null && !options.TicketKeys.IsEmpty)
        {
            TlsTicketKeys.TryCreate(options.TicketKeys, out ticketKeys, out error);
        }

        if (error is not null)
        {
            handle.Dispose();
            return false;
        }

        RegisterCallbacks(native, protocols.Length > 0, ticketKeys is not null, stapling is not null);
        context = new TlsServerContext(handle, options, protocols, names, hosts, stapling) { _ticketKeys = ticketKeys };
        return true;
    }

    /// <summary>Swaps the certificates. Handshakes in progress finish with the ones they chose. From any thread.</summary>
    public void Publish(TlsServerNames names) => Volatile.Write(ref _names, names);

    internal TlsHostRules? FindRules(ReadOnlySpan<byte> serverName, ref bool known)
    {
        if (_hosts is null)
        {
            return null;
        }

        var rules = _hosts.FindRules(serverName, out var claimed);
        known |= claimed;
        return rules;
    }

    internal nint NewSession()
    {
        var ssl = LibSsl.SSL_new(_handle.DangerousGetHandle());
        GC.KeepAlive(this);
        return ssl;
    }

    private static string? Configure(nint context, TlsServerOptions options)
    {
        var flags = options.PreferServerCiphers ? LibSsl.OptionCipherServerPreference | LibSsl.OptionPrioritizeChaCha : 0;
        SslContextSettings.ApplyCommon(context, options.SessionTickets ? flags : flags | LibSsl.OptionNoTicket);
        return SslContextSettings.ApplyVersions(context, options.Tls12, options.Tls13)
            ?? SslContextSettings.ApplyCiphers(context, options.Ciphers)
            ?? SslContextSettings.ApplyGroups(context, options.Groups)
            ?? ApplyDhParameters(context, options.DhParametersPem.Span)
            ?? ApplySessions(context, options);
    }

    private static unsafe string? ApplySessions(nint context, TlsServerOptions options)
    {
        // All connections share one identity: which certificate was shown does not decide whether a session may come back.
        ReadOnlySpan<byte> identity = "portico"u8;
        fixed (byte* id = identity)
        {
            LibSsl.SSL_CTX_set_session_id_context(context, id, (uint)identity.Length);
        }

        // Expired sessions are found at look-up and pushed out by newer ones; a sweep would stop all shards behind the cache's lock.
        var mode = options.SessionCache ? LibSsl.SessionCacheServer | LibSsl.SessionCacheNoAutoClear : LibSsl.SessionCacheOff;
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetSessionCacheMode, mode, null);
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetSessionCacheSize, Math.Max(1, options.SessionCacheSize), null);
        LibSsl.SSL_CTX_set_timeout(context, (nint)Math.Max(1, options.SessionTimeout.TotalSeconds));

        var resumable = options.SessionCache || options.SessionTickets;
        LibSsl.SSL_CTX_set_num_tickets(context, resumable ? (nuint)Math.Max(0, options.Tls13Tickets) : 0);
        return null;
    }

    private static string? ApplyDhParameters(nint context, ReadOnlySpan<byte> pem)
    {
        if (pem.IsEmpty)
        {
            return null;
        }

        if (!Pem.TryReadParameters(pem, out var parameters, out var error))
        {
            return error;
        }

        if (LibSsl.SSL_CTX_set0_tmp_dh_pkey(context, parameters) == 1)
        {
            return null;
        }

        LibCrypto.EVP_PKEY_free(parameters);
        return $"the Diffie-Hellman parameters are not acceptable: {OpenSsl.TakeError()}";
    }
}
