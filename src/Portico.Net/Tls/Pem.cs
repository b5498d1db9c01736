using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>PEM text in memory to OpenSSL objects, which the caller frees. What cannot be read is answered with OpenSSL's reason.</summary>
internal static unsafe class Pem
{
    /// <summary>Reads the leaf and, as a stack that is zero when there are none, the certificates after it.</summary>
    public static bool TryReadCertificates(ReadOnlySpan<byte> pem, out nint leaf, out nint chain, [NotNullWhen(false)] out string? error)
    {
        leaf = 0;
        chain = 0;
        fixed (byte* data = pem)
        {
            var bio = Open(data, pem.Length);
            if (bio == 0)
            {
                error = "no certificate in the PEM data: it is empty";
                return false;
            }

            leaf = LibCrypto.PEM_read_bio_X509_AUX(bio, 0, &RefusePassword, 0);
            error = leaf == 0
                ? $"no certificate in the PEM data: {OpenSsl.TakeError()}"
                : ReadFurther(bio, ref chain);
            LibCrypto.BIO_free(bio);
        }

        return error is null;
    }

    public static bool TryReadPrivateKey(ReadOnlySpan<byte> pem, out nint key, [NotNullWhen(false)] out string? error)
    {
        key = 0;
        error = null;
        if (pem.IndexOf("ENCRYPTED"u8) >= 0)
        {
            error = "the private key is encrypted; only keys without a password can be used";
            return false;
        }

        fixed (byte* data = pem)
        {
            var bio = Open(data, pem.Length);
            if (bio != 0)
            {
                key = LibCrypto.PEM_read_bio_PrivateKey(bio, 0, &RefusePassword, 0);
                LibCrypto.BIO_free(bio);
            }
        }

        if (key == 0)
        {
            error = $"no private key in the PEM data: {(pem.IsEmpty ? "it is empty" : OpenSsl.TakeError())}";
        }

        return error is null;
    }

    /// <summary>Reads Diffie-Hellman parameters (<c>dhparam.pem</c>).</summary>
    public static bool TryReadParameters(ReadOnlySpan<byte> pem, out nint parameters, [NotNullWhen(false)] out string? error)
    {
        parameters = 0;
        fixed (byte* data = pem)
        {
            var bio = Open(data, pem.Length);
            if (bio != 0)
            {
                parameters = LibCrypto.PEM_read_bio_Parameters(bio, 0);
                LibCrypto.BIO_free(bio);
            }
        }

        error = parameters == 0 ? $"no parameters in the PEM data: {OpenSsl.TakeError()}" : null;
        return error is null;
    }

    /// <summary>Reads revocation lists into a store, at least one.</summary>
    public static bool TryAddRevocationLists(ReadOnlySpan<byte> pem, nint store, [NotNullWhen(false)] out string? error)
    {
        fixed (byte* data = pem)
        {
            var bio = Open(data, pem.Length);
            error = bio == 0 ? "no revocation list in the PEM data: it is empty" : null;
            for (var count = 0; error is null; count++)
            {
                var list = LibCrypto.PEM_read_bio_X509_CRL(bio, 0, &RefusePassword, 0);
                if (list == 0)
                {
                    var atEnd = OpenSsl.IsEndOfPem() && count > 0;
                    var reason = OpenSsl.TakeError();
                    error = atEnd ? null : $"the revocation list cannot be read: {reason}";
                    break;
                }

                error = LibCrypto.X509_STORE_add_crl(store, list) == 1 ? null : $"the revocation list cannot be used: {OpenSsl.TakeError()}";
                LibCrypto.X509_CRL_free(list);
            }

            LibCrypto.BIO_free(bio);
        }

        return error is null;
    }

    public static void FreeCertificates(nint stack)
    {
        if (stack == 0)
        {
            return;
        }

        for (var i = LibCrypto.OPENSSL_sk_num(stack) - 1; i >= 0; i--)
        {
            LibCrypto.X509_free(LibCrypto.OPENSSL_sk_value(stack, i));
        }

        LibCrypto.OPENSSL_sk_free(stack);
    }

    private static nint Open(byte* data, int length) => length == 0 ? 0 : LibCrypto.BIO_new_mem_buf(data, length);

    private static string? ReadFurther(nint bio, ref nint chain)
    {
        while (true)
        {
            var certificate = LibCrypto.PEM_read_bio_X509(bio, 0, &RefusePassword, 0);
            if (certificate == 0)
            {
                // Taken off the queue in either case: what stays there would be read as the reason of the next failure.
                var atEnd = OpenSsl.IsEndOfPem();
                var reason = OpenSsl.TakeError();
                return atEnd ? null : $"the certificate chain cannot be read: {reason}";
            }

            if (chain == 0)
            {
                chain = LibCrypto.OPENSSL_sk_new_null();
            }

            if (LibCrypto.OPENSSL_sk_push(chain, certificate) == 0)
            {
                LibCrypto.X509_free(certificate);
                return OpenSsl.TakeError();
            }
        }
    }

    // Without a callback OpenSSL would ask the terminal.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefusePassword(byte* buffer, int size, int writing, nint argument) => -1;
}
