using Portico.Proxy.Balancing;

namespace Portico.Proxy.Requests;

/// <summary>
/// One try to get an answer from an endpoint, as the log and the metrics want it. Times are milliseconds from the start
/// of the attempt; <see cref="Unset"/> stands for "did not come so far".
/// </summary>
internal struct UpstreamAttempt
{
    public const long Unset = -1;

    public EndpointState Endpoint;

    /// <summary>The status of the response, or the one that the failure stands for (502, 504); 0 while there is none.</summary>
    public int Status;

    public long ConnectMilliseconds;

    public long HeaderMilliseconds;

    public long ResponseMilliseconds;

    /// <summary>Bytes of the response body.</summary>
    public long ResponseLength;

    /// <summary>Bytes of the whole response, head included.</summary>
    public long BytesReceived;

    /// <summary>Bytes sent to the endpoint.</summary>
    public long BytesSent;
}
