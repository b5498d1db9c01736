using System.Diagnostics.CodeAnalysis;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// A certificate chain with its private key, as servers and clients present it. Immutable; shared by tables, contexts and shards, and
/// freed when none of them holds it any more. Expiry and names are not looked at: whoever chose it knows better.
/// </summary>
public sealed class TlsCertificate
{
    private CertificateMaterial? _material;
    private Source? _source;
    private volatile OcspStaple? _staple;

    private TlsCertificate(CertificateMaterial? material, Source? source)
    {
        _material = material;
        _source = source;
    }

    /// <summary>Where it comes from, for messages; empty when nobody said.</summary>
    public string Name { get; init; } = "";

    /// <summary>The OCSP answer that handshakes show while it is fresh. Replaced from any thread.</summary>
    public OcspStaple? Staple
    {
        get => _staple;
        set => _staple = value;
    }

    /// <summary>Why a deferred certificate could not be read; null while it was not tried, or when it is good.</summary>
    public string? LoadError { get; private set; }

    /// <summary>Reads now. Refused with OpenSSL's reason: garbage, an encrypted key, a key of another certificate, too short keys.</summary>
    public static bool TryLoad(
        ReadOnlySpan<byte> chainPem,
        ReadOnlySpan<byte> keyPem,
        [NotNullWhen(true)] out TlsCertificate? certificate,
        [NotNullWhen(false)] out string? error)
    {
        certificate = CertificateMaterial.TryParse(chainPem, keyPem, out var material, out error) ? new TlsCertificate(material, null) : null;
        return certificate is not null;
    }

    /// <summary>
    /// For PEM data that was checked before: read at the first handshake that needs it. Reading costs half a millisecond and the result
    /// 11 KB, so ten thousand certificates of which a few are asked for cost little. The data must not change afterwards.
    /// </summary>
    public static TlsCertificate Deferred(ReadOnlyMemory<byte> chainPem, ReadOnlyMemory<byte> keyPem, string name = "") =>
        new(null, new Source(chainPem, keyPem)) { Name = name };

    internal bool ApplyTo(nint ssl) => Material() is { } material && material.ApplyTo(ssl);

    internal bool ApplyTo(SslContextHandle context) => Material() is { } material && material.ApplyTo(context);

    /// <summary>Null when it cannot be read.</summary>
    internal CertificateMaterial? Material() => Volatile.Read(ref _material) ?? LoadDeferred();

    // Two shards may do this at once; the first to finish wins and the other's copy is collected. A failure is remembered: no handshake
    // shall cost a futile parse again.
    private CertificateMaterial? LoadDeferred()
    {
        if (Volatile.Read(ref _source) is not { } source)
        {
            return Volatile.Read(ref _material);
        }

        if (CertificateMaterial.TryParse(source.ChainPem.Span, source.KeyPem.Span, out var material, out var error))
        {
            material = Interlocked.CompareExchange(ref _material, material, null) ?? material;
        }
        else
        {
            LoadError = error;
        }

        Volatile.Write(ref _source, null);
        return material;
    }

    private sealed record Source(ReadOnlyMemory<byte> ChainPem, ReadOnlyMemory<byte> KeyPem);
}
