namespace Portico.Proxy.Observing.Metrics;

/// <summary>What is known about a request when it ends. Filled on the shard's thread, on the stack.</summary>
public struct RequestMeasurement
{
    /// <summary>Stands for a time that does not exist for this request.</summary>
    public const long None = -1;

    public RequestMeasurement()
    {
    }

    /// <summary>The whole request, from its first byte to the last byte of the response.</summary>
    public long RequestMicroseconds { get; set; }

    /// <summary>
    /// From the start of the connection attempt to the last byte of the backend's response; none when no backend was
    /// reached. ingress-nginx observes none of the three backend times after a retry: their log values are lists then.
    /// </summary>
    public long ResponseMicroseconds { get; set; } = None;

    /// <summary>To the end of the backend's response head.</summary>
    public long HeaderMicroseconds { get; set; } = None;

    /// <summary>To the established connection; zero on one that was kept alive.</summary>
    public long ConnectMicroseconds { get; set; } = None;

    /// <summary>Request line, headers and body.</summary>
    public long RequestBytes { get; set; }

    /// <summary>Everything that was sent to the client, headers included.</summary>
    public long ResponseBytes { get; set; }
}
