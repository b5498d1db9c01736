using System.Runtime.InteropServices;

namespace Portico.Proxy.Passwords.Native;

/// <summary>crypt(3) of libxcrypt or glibc.</summary>
internal static unsafe partial class LibCrypt
{
    /// <summary>More than struct crypt_data takes in any of the libraries; it must be zero before its first use.</summary>
    public const int DataSize = 256 * 1024;

    /// <summary>Hashes a phrase as the setting says; null or a text that begins with <c>*</c> when the setting is none.</summary>
    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_r")]
    public static partial byte* CryptR(byte* phrase, byte* setting, byte* data);
}
