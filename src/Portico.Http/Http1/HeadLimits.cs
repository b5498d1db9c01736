namespace Portico.Http.Http1;

/// <summary>How large a request head may be, in nginx's terms.</summary>
/// <param name="BufferBytes">Longest request line and longest header line (<c>large-client-header-buffers</c>, second value).</param>
/// <param name="BufferCount">How many such buffers a head may fill (first value). Lines are packed whole into buffers, as nginx does.</param>
public readonly record struct HeadLimits(int BufferBytes, int BufferCount)
{
    public static HeadLimits Default { get; } = new(8 * 1024, 4);

    /// <summary>nginx's first, small buffer (client_header_buffer_size), in front of the large ones.</summary>
    public const int FirstBufferBytes = 1024;

    /// <summary>The most that a connection ever has to hold.</summary>
    public int TotalBytes => FirstBufferBytes + (BufferBytes * BufferCount);
}
