using System.Runtime.InteropServices;

namespace Portico.Proxy.Compression.Native;

/// <summary>zlib's stream, as it lies in memory (zlib.h, z_stream). It must not move: zlib's own state points back to it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZStream
{
    public byte* NextIn;
    public uint AvailableIn;
    public nuint TotalIn;
    public byte* NextOut;
    public uint AvailableOut;
    public nuint TotalOut;
    public nint Message;
    public nint State;
    public nint Allocate;
    public nint Free;
    public nint Opaque;
    public int DataType;
    public nuint Adler;
    public nuint Reserved;
}

/// <summary>The deflating half of zlib (libz.so.1).</summary>
internal static unsafe partial class LibZ
{
    public const int Ok = 0;
    public const int StreamEnd = 1;

    public const int NoFlush = 0;
    public const int SyncFlush = 2;
    public const int Finish = 4;

    private const int Deflated = 8;
    private const int DefaultStrategy = 0;

    public static int DeflateInit(ZStream* stream, int level, int windowBits, int memoryLevel) =>
        deflateInit2_(stream, level, Deflated, windowBits, memoryLevel, DefaultStrategy, "1.2.11"u8, sizeof(ZStream));

    public static int Deflate(ZStream* stream, int flush) => deflate(stream, flush);

    public static int DeflateReset(ZStream* stream) => deflateReset(stream);

    public static int DeflateEnd(ZStream* stream) => deflateEnd(stream);

    /// <summary>zlib compares the first character of the version and the size of the structure with its own.</summary>
    private static int deflateInit2_(ZStream* stream, int level, int method, int windowBits, int memoryLevel, int strategy, ReadOnlySpan<byte> version, int size)
    {
        fixed (byte* text = version)
        {
            return deflateInit2_(stream, level, method, windowBits, memoryLevel, strategy, text, size);
        }
    }

    [LibraryImport("libz.so.1")]
    private static partial int deflateInit2_(ZStream* stream, int level, int method, int windowBits, int memoryLevel, int strategy, byte* version, int size);

    [LibraryImport("libz.so.1")]
    private static partial int deflate(ZStream* stream, int flush);

    [LibraryImport("libz.so.1")]
    private static partial int deflateReset(ZStream* stream);

    [LibraryImport("libz.so.1")]
    private static partial int deflateEnd(ZStream* stream);
}
