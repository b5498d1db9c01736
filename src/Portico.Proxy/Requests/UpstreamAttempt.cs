namespace Portico.Proxy.Requests;

/// <summary>
/// One try to get an answer from an endpoint, as the log and the metrics want it. Times are microseconds from the start
/// of the attempt; <see cref="Unset"/> stands for "did not come so far".
/// </summary>
internal struct UpstreamAttempt
{
    public const long Unset = -1;

    /// <summary>The endpoint as <c>address:port</c>; the array belongs to the endpoint and lives longer than the request.</summary>
    public byte[] Endpoint;

    /// <summary>The status of the response, or the one that the failure stands for (502, 504); 0 while there is none.</summary>
    public int Status;

    public long ConnectMicroseconds;

    public long HeaderMicroseconds;

    public long ResponseMicroseconds;

    /// <summary>Bytes of the response body.</summary>
    public long ResponseLength;

    /// <summary>Bytes of the whole response, head included.</summary>
    public long BytesReceived;

    /// <summary>Bytes sent to the endpoint.</summary>
    public long BytesSent;
}
