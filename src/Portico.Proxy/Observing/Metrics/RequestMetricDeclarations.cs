namespace Portico.Proxy.Observing.Metrics;

/// <summary>The metrics of requests, one series per route, host, method and status. ingress-nginx's names, labels and types.</summary>
public static class RequestMetricDeclarations
{
    private static readonly string[] Labels = ["canary", "host", "ingress", "method", "namespace", "path", "service", "status"];

    public static MetricDeclaration Requests { get; } = new(
        "nginx_ingress_controller_requests", MetricType.Counter, "The total number of client requests", Labels) { HasConstantLabels = true };

    public static MetricDeclaration RequestDuration { get; } = Histogram(
        "nginx_ingress_controller_request_duration_seconds", "The time from the first byte of the request to the last byte of the response in seconds");

    public static MetricDeclaration ResponseDuration { get; } = Histogram(
        "nginx_ingress_controller_response_duration_seconds", "The time spent on receiving the response from the upstream server in seconds");

    public static MetricDeclaration HeaderDuration { get; } = Histogram(
        "nginx_ingress_controller_header_duration_seconds", "The time spent on receiving the response header from the upstream server in seconds");

    public static MetricDeclaration ConnectDuration { get; } = Histogram(
        "nginx_ingress_controller_connect_duration_seconds", "The time spent on establishing a connection with the upstream server in seconds");

    public static MetricDeclaration RequestSize { get; } = Histogram(
        "nginx_ingress_controller_request_size", "The request length in bytes: request line, headers and body");

    public static MetricDeclaration ResponseSize { get; } = Histogram(
        "nginx_ingress_controller_response_size", "The response length in bytes: status line, headers and body");

    public static MetricDeclaration BytesSent { get; } = Histogram(
        "nginx_ingress_controller_bytes_sent", "DEPRECATED The number of bytes sent to a client; the same value as response_size");

    public static IReadOnlyList<MetricDeclaration> All { get; } =
        [Requests, RequestDuration, ResponseDuration, HeaderDuration, ConnectDuration, RequestSize, ResponseSize, BytesSent];

    private static MetricDeclaration Histogram(string name, string help) =>
        new(name, MetricType.Histogram, help, Labels) { HasConstantLabels = true };
}
