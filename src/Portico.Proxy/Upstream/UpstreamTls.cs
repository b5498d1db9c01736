using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Model.Policies;
using Portico.Net.Tls;

namespace Portico.Proxy.Upstream;

/// <summary>
/// One way of speaking TLS to backends, ready to use: connections and sessions made in one way are never used for another. Immutable,
/// shared by all shards and by all routes with the same policy.
/// </summary>
internal sealed class UpstreamTls
{
    private static readonly ConditionalWeakTable<UpstreamTlsPolicy, UpstreamTls> Compiled = new();

    public UpstreamTls(TlsClientContext context, string? serverName = null, UpstreamTls? http2 = null)
    {
        Context = context;
        ServerName = serverName;
        Http2 = http2;
    }

    public TlsClientContext Context { get; }

    /// <summary>What is sent as SNI; null sends none.</summary>
    public string? ServerName { get; }

    /// <summary>The same for HTTP/2, which is asked for by ALPN (RFC 9113, 3.2).</summary>
    public UpstreamTls? Http2 { get; }

    public static bool TryCompile(UpstreamTlsPolicy policy, [NotNullWhen(true)] out UpstreamTls? tls, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (Compiled.TryGetValue(policy, out tls))
        {
            return true;
        }

        TlsCertificate? certificate = null;
        if ((!policy.ChainPem.IsEmpty && !TlsCertificate.TryLoad(policy.ChainPem.AsSpan(), policy.KeyPem.AsSpan(), out certificate, out error))
            || !TlsClientContext.TryCreate(OptionsOf(policy, certificate), out var context, out error)
            || !TlsClientContext.TryCreate(OptionsOf(policy, certificate) with { ApplicationProtocols = ["h2"] }, out var http2, out error))
        {
            return false;
        }

        tls = Compiled.GetValue(policy, p =>
        {
            var serverName = p.SendServerName ? p.ServerName : null;
            return new UpstreamTls(context, serverName, new UpstreamTls(http2, serverName));
        });
        return true;
    }

    private static TlsClientOptions OptionsOf(UpstreamTlsPolicy policy, TlsCertificate? certificate) => new()
    {
        Tls12 = policy.Tls12,
        Tls13 = policy.Tls13,
        Ciphers = policy.Ciphers,
        Verify = policy.Verify,
        TrustedCaPem = ImmutableCollectionsMarshal.AsArray(policy.AuthoritiesPem),
        VerifyName = policy.ServerName,
        VerifyDepth = policy.Depth,
        Certificate = certificate,
    };
}
