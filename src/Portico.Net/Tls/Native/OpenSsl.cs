using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>Start of the library, and its error queue turned into text. The queue belongs to the calling thread.</summary>
internal static unsafe class OpenSsl
{
    private const int LibraryPem = 9;
    private const int PemNoStartLine = 108;

    private static readonly int Initialized = Initialize();

    /// <summary>Called by whatever creates the first native object; a missing library throws at start-up.</summary>
    public static void EnsureInitialized()
    {
        if (Initialized != 1)
        {
            throw new InvalidOperationException("OpenSSL could not be initialized.");
        }
    }

    /// <summary>The reason of the oldest queued error, which is the cause; later entries only say who gave up. Empties the queue.</summary>
    public static string TakeError()
    {
        var code = LibCrypto.ERR_get_error();
        LibCrypto.ERR_clear_error();
        return Describe(code);
    }

    public static string Describe(nuint code)
    {
        if (code == 0)
        {
            return "unknown error";
        }

        var reason = LibCrypto.ERR_reason_error_string(code);
        return reason == null ? $"error {code:X8}" : Marshal.PtrToStringUTF8((nint)reason)!;
    }

    /// <summary>Whether the last error only says that a PEM file has no further block.</summary>
    public static bool IsEndOfPem()
    {
        var code = LibCrypto.ERR_peek_last_error();
        return ((code >> 23) & 0xFF) == LibraryPem && (code & 0x7FFFFF) == PemNoStartLine;
    }

    // Shards may still be in a handshake when the process exits: no clean-up at exit may pull the library from under them.
    private static int Initialize() => LibSsl.OPENSSL_init_ssl(LibSsl.InitNoAtExit, 0);
}
