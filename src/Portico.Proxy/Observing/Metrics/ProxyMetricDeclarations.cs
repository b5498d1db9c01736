namespace Portico.Proxy.Observing.Metrics;

/// <summary>The data plane's own metrics, filled by <see cref="ProxyMetrics"/>.</summary>
public static class ProxyMetricDeclarations
{
    public static MetricDeclaration NginxConnectionsTotal { get; } = new(
        "nginx_ingress_controller_nginx_process_connections_total", MetricType.Counter,
        "The total number of client connections with state {accepted, handled}", "state") { HasConstantLabels = true };

    public static MetricDeclaration NginxConnections { get; } = new(
        "nginx_ingress_controller_nginx_process_connections", MetricType.Gauge,
        "The current number of client connections with state {active, reading, writing, waiting}", "state") { HasConstantLabels = true };

    public static MetricDeclaration NginxRequestsTotal { get; } = new(
        "nginx_ingress_controller_nginx_process_requests_total", MetricType.Counter,
        "The total number of client requests, also of hosts that the request metrics leave out") { HasConstantLabels = true };

    public static MetricDeclaration Answers { get; } = new(
        "portico_answers_total", MetricType.Counter, "Answers that the gateway made itself instead of a backend, by reason", "reason");

    public static MetricDeclaration BackendConnects { get; } = new(
        "portico_backend_connects_total", MetricType.Counter, "Connections opened to backends");

    public static MetricDeclaration BackendConnectFailures { get; } = new(
        "portico_backend_connect_failures_total", MetricType.Counter, "Connections to backends that were refused, reset or timed out before they were open");

    public static MetricDeclaration BackendConnectionsReused { get; } = new(
        "portico_backend_connections_reused_total", MetricType.Counter, "Requests that went over a backend connection that was kept alive");

    public static MetricDeclaration MirrorsDropped { get; } = new(
        "portico_mirrors_dropped_total", MetricType.Counter, "Requests that a mirror did not get, because too many copies were under way or the body was too large to keep");

    public static MetricDeclaration BackendRetries { get; } = new(
        "portico_backend_retries_total", MetricType.Counter, "Further attempts after one that failed");

    public static MetricDeclaration TlsHandshakes { get; } = new(
        "portico_tls_handshakes_total", MetricType.Counter, "TLS handshakes with clients that were completed");

    public static MetricDeclaration TlsHandshakeFailures { get; } = new(
        "portico_tls_handshake_failures_total", MetricType.Counter, "TLS handshakes with clients that failed");

    public static MetricDeclaration OcspAnswers { get; } = new(
        "portico_ocsp_answers_total", MetricType.Counter, "Answers of OCSP responders about served certificates, by result {good, revoked, unknown, failed}", "result");

    public static MetricDeclaration ProxyHeaderFailures { get; } = new(
        "portico_proxy_header_failures_total", MetricType.Counter, "Connections that were closed for want of the PROXY header that their port demands");

    public static MetricDeclaration Http2Defences { get; } = new(
        "portico_http2_defences_total", MetricType.Counter, "HTTP/2 connections and streams of clients that were ended for the gateway's own good, by reason", "reason");

    public static MetricDeclaration StreamSessions { get; } = new(
        "portico_stream_sessions_total", MetricType.Counter, "Connections and sessions of TCP and UDP services that have ended");

    public static MetricDeclaration StreamSessionFailures { get; } = new(
        "portico_stream_session_failures_total", MetricType.Counter, "Those of them that reached no endpoint or did not begin as their port demands");

    public static MetricDeclaration StreamBytesRead { get; } = new(
        "portico_stream_read_bytes_total", MetricType.Counter, "Bytes read from clients of TCP and UDP services");

    public static MetricDeclaration StreamBytesWritten { get; } = new(
        "portico_stream_written_bytes_total", MetricType.Counter, "Bytes written to clients of TCP and UDP services");

    public static MetricDeclaration StreamConnectFailures { get; } = new(
        "portico_stream_connect_failures_total", MetricType.Counter, "Endpoints of TCP and UDP services that could not be reached");

    public static MetricDeclaration DatagramsDropped { get; } = new(
        "portico_datagrams_dropped_total", MetricType.Counter, "Datagrams of UDP services that went nowhere");

    public static MetricDeclaration PortsNotOpened { get; } = new(
        "portico_ports_not_opened", MetricType.Gauge, "Ports of TCP and UDP services that cannot be listened on");

    public static MetricDeclaration ClientBytesRead { get; } = new(
        "portico_client_read_bytes_total", MetricType.Counter, "Bytes read from clients, without TLS framing");

    public static MetricDeclaration ClientBytesWritten { get; } = new(
        "portico_client_written_bytes_total", MetricType.Counter, "Bytes written to clients, without TLS framing");

    public static IReadOnlyList<MetricDeclaration> All { get; } =
    [
        NginxConnectionsTotal, NginxConnections, NginxRequestsTotal, Answers, BackendConnects, BackendConnectFailures,
        BackendConnectionsReused, BackendRetries, MirrorsDropped, TlsHandshakes, TlsHandshakeFailures, OcspAnswers, ProxyHeaderFailures, Http2Defences, StreamSessions, StreamSessionFailures,
        StreamBytesRead, StreamBytesWritten, StreamConnectFailures, DatagramsDropped, PortsNotOpened, ClientBytesRead, ClientBytesWritten,
    ];
}
