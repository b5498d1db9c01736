using System.Buffers;
using System.IO.Compression;
using System.Numerics;

namespace Portico.Proxy.Compression;

/// <summary>Brotli (RFC 7932) by the framework's encoder. Its state cannot be reset: one is made for each response and freed at its end.</summary>
internal sealed class BrotliContentEncoder : ContentEncoder, IDisposable
{
    /// <summary>The module's default for nginx: a window of 512 KB.</summary>
    private const int LargestWindow = 19;
    private const int SmallestWindow = 10;

    private BrotliEncoder _encoder;

    /// <param name="length">A short response needs no large window, which is most of the state.</param>
    public BrotliContentEncoder(int level, long? length) =>
        _encoder = new BrotliEncoder(level, length is { } known ? Math.Clamp(BitOperations.Log2((ulong)known + 16) + 1, SmallestWindow, LargestWindow) : LargestWindow);

    public override ContentCoding Coding => ContentCoding.Brotli;

    public override bool Encode(ReadOnlySpan<byte> input, Span<byte> output, EncodeStep step, out int consumed, out int written)
    {
        if (step == EncodeStep.Flush && input.IsEmpty)
        {
            consumed = 0;
            return _encoder.Flush(output, out written) == OperationStatus.Done;
        }

        var status = _encoder.Compress(input, output, out consumed, out written, isFinalBlock: step == EncodeStep.End);
        return status == OperationStatus.Done && step != EncodeStep.Flush;
    }

    public void Dispose() => _encoder.Dispose();
}
