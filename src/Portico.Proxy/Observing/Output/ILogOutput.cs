namespace Portico.Proxy.Observing.Output;

/// <summary>Where log bytes go. Used by one writer thread only, which may block in it.</summary>
internal interface ILogOutput
{
    /// <summary>Takes a first part of the bytes. The result is how many, or a negative errno.</summary>
    int Write(ReadOnlySpan<byte> bytes);

    /// <summary>Called between writes, so that an output that was moved away can be opened anew.</summary>
    void Refresh();
}
