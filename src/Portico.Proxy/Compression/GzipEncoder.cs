using System.Runtime.InteropServices;
using Portico.Proxy.Compression.Native;

namespace Portico.Proxy.Compression;

/// <summary>gzip (RFC 1952) by zlib. Its state of about 256 KB is kept and reset from one response to the next.</summary>
internal sealed unsafe class GzipEncoder : ContentEncoder, IDisposable
{
    /// <summary>nginx's defaults: the largest window, and the level of memory below the highest.</summary>
    private const int WindowBits = 15;
    private const int MemoryLevel = 8;

    /// <summary>Adds the gzip head and tail to zlib's window bits.</summary>
    private const int GzipFormat = 16;

    private ZStream* _stream;

    private GzipEncoder(ZStream* stream, int level)
    {
        _stream = stream;
        Level = level;
    }

    ~GzipEncoder() => Free();

    public override ContentCoding Coding => ContentCoding.Gzip;

    public int Level { get; }

    /// <summary>Null when zlib has no memory for it.</summary>
    public static GzipEncoder? Create(int level)
    {
        var stream = (ZStream*)NativeMemory.AllocZeroed((nuint)sizeof(ZStream));
        if (LibZ.DeflateInit(stream, level, WindowBits + GzipFormat, MemoryLevel) == LibZ.Ok)
        {
            return new GzipEncoder(stream, level);
        }

        NativeMemory.Free(stream);
        return null;
    }

    /// <summary>Ready for the next response.</summary>
    public void Reset() => LibZ.DeflateReset(_stream);

    public override bool Encode(ReadOnlySpan<byte> input, Span<byte> output, EncodeStep step, out int consumed, out int written)
    {
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            _stream->NextIn = from;
            _stream->AvailableIn = (uint)input.Length;
            _stream->NextOut = to;
            _stream->AvailableOut = (uint)output.Length;
            var result = LibZ.Deflate(_stream, step switch
            {
                EncodeStep.Continue => LibZ.NoFlush,
                EncodeStep.Flush => LibZ.SyncFlush,
                _ => LibZ.Finish,
            });
            consumed = input.Length - (int)_stream->AvailableIn;
            written = output.Length - (int)_stream->AvailableOut;
            GC.KeepAlive(this);
            // Room left in the output means that nothing more waits inside.
            return step == EncodeStep.End ? result == LibZ.StreamEnd : _stream->AvailableIn == 0 && _stream->AvailableOut > 0;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_stream != null)
        {
            LibZ.DeflateEnd(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }
}
