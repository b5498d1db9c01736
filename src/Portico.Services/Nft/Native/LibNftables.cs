using System.Runtime.InteropServices;

namespace Portico.Services.Nft.Native;

/// <summary>libnftables, the library inside <c>nft</c> (Debian's libnftables1). Contexts are used by one thread at a time.</summary>
internal static partial class LibNftables
{
    public const string File = "libnftables.so.1";

    [LibraryImport(File, EntryPoint = "nft_ctx_new")]
    public static partial nint New(uint flags);

    [LibraryImport(File, EntryPoint = "nft_ctx_free")]
    public static partial void Free(nint context);

    [LibraryImport(File, EntryPoint = "nft_ctx_buffer_output")]
    public static partial int BufferOutput(nint context);

    [LibraryImport(File, EntryPoint = "nft_ctx_buffer_error")]
    public static partial int BufferError(nint context);

    [LibraryImport(File, EntryPoint = "nft_ctx_get_error_buffer")]
    public static partial nint ErrorOf(nint context);

    [LibraryImport(File, EntryPoint = "nft_run_cmd_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Run(nint context, string commands);
}
