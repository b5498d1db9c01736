namespace Portico.Model.Policies;

/// <summary>How far a response is read ahead of its client.</summary>
public sealed record ResponseBufferingPolicy
{
    public static ResponseBufferingPolicy Default { get; } = new();

    /// <summary>Whether it is, where the backend does not say otherwise by X-Accel-Buffering (<c>proxy-buffering</c>).</summary>
    public bool Enabled { get; init; }

    /// <summary>Times <see cref="UpstreamPolicy.HeadBufferBytes"/>, the memory for it (<c>proxy-buffers-number</c>).</summary>
    public int Buffers { get; init; } = 4;

    /// <summary>The bytes beyond that may go to disk; 0 for none (<c>proxy-max-temp-file-size</c>).</summary>
    public long MaxFileBytes { get; init; } = 1024L * 1024 * 1024;
}
