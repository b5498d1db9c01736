using Portico.Model.Text;

namespace Portico.Model.Policies;

/// <summary>How the backend of a route is spoken to.</summary>
public sealed record UpstreamPolicy
{
    public static UpstreamPolicy Default { get; } = new();

    /// <summary>Null leaves it to what the Service says (<see cref="Backend.Protocol"/>), else HTTP/1.1 without TLS.</summary>
    public UpstreamProtocol? Protocol { get; init; }

    /// <summary>More about TLS; null when nothing is verified, shown or named. Counts only with <see cref="UpstreamProtocol.Https"/>.</summary>
    public UpstreamTlsPolicy? Tls { get; init; }

    /// <summary>What each connection begins with (<c>portico.dev/send-proxy-protocol</c>). Such connections are not shared: one request each, over HTTP/2 too.</summary>
    public ProxyProtocolVersion SendProxyProtocol { get; init; }

    /// <summary>Whether requests of gRPC-Web become calls of gRPC (<c>portico.dev/grpc-web</c>). Counts only with HTTP/2.</summary>
    public bool GrpcWeb { get; init; }

    /// <summary>Null where no annotation says more. Counts only with <see cref="UpstreamProtocol.FastCgi"/>.</summary>
    public FastCgiPolicy? FastCgi { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest silence between two writes of the request.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence between two reads of the response.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>Room for the whole response head in bytes; more is 502 (<c>proxy-buffer-size</c>).</summary>
    public int HeadBufferBytes { get; init; } = 4 * 1024;

    /// <summary>The same for backends of HTTP/2; 0 for <see cref="HeadBufferBytes"/> (<c>grpc-buffer-size-kb</c>).</summary>
    public int Http2HeadBufferBytes { get; init; }

    /// <summary>Whether responses are taken from the backend before their client takes them.</summary>
    public ResponseBufferingPolicy ResponseBuffering { get; init; } = ResponseBufferingPolicy.Default;

    /// <summary>Whether a request body is read whole before the backend sees the request (<c>proxy-request-buffering</c>).</summary>
    public bool RequestBuffering { get; init; } = true;

    /// <summary>The most memory that the body of a request takes before it goes to disk, where bodies are read whole first (<c>client-body-buffer-size</c>).</summary>
    public int BodyBufferBytes { get; init; } = 8 * 1024;

    /// <summary>How fast responses go to clients; null for as fast as they can (<c>limit-rate</c>).</summary>
    public ResponseRatePolicy? Rate { get; init; }

    /// <summary>The Connection header of requests, <c>keep-alive</c> or <c>close</c>; null leaves it to the gateway (<c>connection-proxy-header</c>).</summary>
    public string? ConnectionHeader { get; init; }

    /// <summary>Whether requests go out as HTTP/1.0 (<c>proxy-http-version</c>).</summary>
    public bool Http10 { get; init; }

    /// <summary>The Host header to send; null for the client's (<c>upstream-vhost</c>).</summary>
    public Template? Host { get; init; }
}

public enum UpstreamProtocol
{
    Http,
    Https,

    /// <summary>HTTP/2 without TLS, by prior knowledge (RFC 9113, 3.3).</summary>
    Http2,

    /// <summary>HTTP/2 over TLS.</summary>
    Http2Tls,

    /// <summary>HTTP/1.1, over TLS when the client's connection is (<c>AUTO_HTTP</c>).</summary>
    AsClient,

    /// <summary>FastCGI, without TLS.</summary>
    FastCgi,
}

public static class UpstreamProtocols
{
    public static bool IsSecure(this UpstreamProtocol protocol) => protocol is UpstreamProtocol.Https or UpstreamProtocol.Http2Tls;

    public static bool IsHttp2(this UpstreamProtocol protocol) => protocol is UpstreamProtocol.Http2 or UpstreamProtocol.Http2Tls;
}

/// <summary>When a failed attempt is repeated.</summary>
public sealed record RetryPolicy
{
    public static RetryPolicy Default { get; } = new();

    public RetryOn On { get; init; } = RetryOn.Error | RetryOn.Timeout;

    /// <summary>Attempts in total; 0 for no limit.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>No further attempt after this time; zero for no limit.</summary>
    public TimeSpan Timeout { get; init; }
}

/// <summary>The words of nginx's proxy_next_upstream.</summary>
[Flags]
public enum RetryOn
{
    Off = 0,
    Error = 1,
    Timeout = 1 << 1,
    InvalidHeader = 1 << 2,
    Http500 = 1 << 3,
    Http502 = 1 << 4,
    Http503 = 1 << 5,
    Http504 = 1 << 6,
    Http403 = 1 << 7,
    Http404 = 1 << 8,
    Http429 = 1 << 9,

    /// <summary>Also repeat POST, LOCK and PATCH after they were sent.</summary>
    NonIdempotent = 1 << 10,
}
