namespace Portico.Proxy.Compression;

/// <summary>
/// Compresses the body of one response, piece by piece, into buffers of the caller. Owned by one exchange at a time, used on its shard's
/// thread; comes from an <see cref="EncoderPool"/> and goes back there.
/// </summary>
internal abstract class ContentEncoder
{
    public abstract ContentCoding Coding { get; }

    /// <summary>Takes input and gives output. Called again with what is left of both until it says that the step is complete.</summary>
    /// <returns>Whether the step is complete: the input taken, and what the step asks for written.</returns>
    public abstract bool Encode(ReadOnlySpan<byte> input, Span<byte> output, EncodeStep step, out int consumed, out int written);
}

internal enum EncodeStep : byte
{
    /// <summary>More will come: the encoder keeps what it likes.</summary>
    Continue,

    /// <summary>The body pauses: everything taken so far has to be readable by the client.</summary>
    Flush,

    /// <summary>The body ends.</summary>
    End,
}
