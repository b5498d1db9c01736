using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The certificate that a client showed, as texts that headers and logs carry, in nginx's forms. Made once a connection; immutable.
/// </summary>
public sealed unsafe class TlsPeerCertificate
{
    private const int DigestRoom = 64;

    private static readonly SearchValues<byte> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);

    private readonly byte[] _der;
    private byte[]? _escaped;

    private TlsPeerCertificate(nint certificate, byte[] der)
    {
        _der = der;
        Subject = Print(bio => LibCrypto.X509_NAME_print_ex(bio, LibCrypto.X509_get_subject_name(certificate), 0, LibCrypto.NameFormatRfc2253));
        Issuer = Print(bio => LibCrypto.X509_NAME_print_ex(bio, LibCrypto.X509_get_issuer_name(certificate), 0, LibCrypto.NameFormatRfc2253));
        Serial = Print(bio => LibCrypto.i2a_ASN1_INTEGER(bio, LibCrypto.X509_get0_serialNumber(certificate)));
        ValidFrom = Print(bio => LibCrypto.ASN1_TIME_print(bio, LibCrypto.X509_get0_notBefore(certificate)));
        ValidTo = Print(bio => LibCrypto.ASN1_TIME_print(bio, LibCrypto.X509_get0_notAfter(certificate)));
        Fingerprint = Digest(certificate);
        Pem = Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", der) + "\n");
    }

    /// <summary>The distinguished name, RFC 2253.</summary>
    public byte[] Subject { get; }

    /// <summary>The issuer's distinguished name, RFC 2253.</summary>
    public byte[] Issuer { get; }

    /// <summary>Hexadecimal, upper case.</summary>
    public byte[] Serial { get; }

    /// <summary>SHA-1, hexadecimal, lower case: what nginx's <c>$ssl_client_fingerprint</c> is.</summary>
    public byte[] Fingerprint { get; }

    /// <summary>As OpenSSL prints times: <c>Jan  2 15:04:05 2024 GMT</c>.</summary>
    public byte[] ValidFrom { get; }

    public byte[] ValidTo { get; }

    /// <summary>With a line break at its end.</summary>
    public byte[] Pem { get; }

    /// <summary><see cref="Pem"/> percent-encoded, all but unreserved characters (RFC 3986).</summary>
    public byte[] EscapedPem => _escaped ??= Escape(Pem);

    /// <summary>Whole days until the certificate expires; 0 when it has.</summary>
    public int DaysLeft(DateTime utc)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(_der);
        return Math.Max(0, (int)(certificate.NotAfter.ToUniversalTime() - utc).TotalDays);
    }

    /// <param name="certificate">OpenSSL's object; stays the caller's.</param>
    /// <param name="der">Its encoding.</param>
    internal static TlsPeerCertificate From(nint certificate, byte[] der) => new(certificate, der);

    private static byte[] Print(Action<nint> print)
    {
        var bio = LibCrypto.BIO_new(LibCrypto.BIO_s_mem());
        print(bio);
        byte* data = null;
        var length = LibCrypto.BIO_ctrl(bio, LibCrypto.BioControlInfo, 0, &data);
        var text = new ReadOnlySpan<byte>(data, data == null ? 0 : (int)length).ToArray();
        LibCrypto.BIO_free(bio);
        return text;
    }

    private static byte[] Digest(nint certificate)
    {
        var digest = stackalloc byte[DigestRoom];
        uint length = 0;
        return LibCrypto.X509_digest(certificate, LibCrypto.EVP_sha1(), digest, &length) == 1
            ? Encoding.ASCII.GetBytes(Convert.ToHexStringLower(new ReadOnlySpan<byte>(digest, (int)length)))
            : [];
    }

    private static byte[] Escape(byte[] text)
    {
        var escaped = new ArrayBufferWriter<byte>(text.Length * 2);
        foreach (var value in text)
        {
            if (Unreserved.Contains(value))
            {
                escaped.GetSpan(1)[0] = value;
                escaped.Advance(1);
            }
            else
            {
                escaped.Write(Encoding.ASCII.GetBytes($"%{value:X2}"));
            }
        }

        return escaped.WrittenSpan.ToArray();
    }
}
