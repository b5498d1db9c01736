using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>Limits, timeouts and retries on the way to the backend.</summary>
internal static class ProxySettings
{
    public static readonly AnnotationDeclaration BodySize = new(
        "nginx.ingress.kubernetes.io/proxy-body-size", AnnotationRisk.Medium, ValueRule.Size, InvalidValue.UsesDefault, "1m",
        "The largest request body; more is answered with 413. 0 for no limit.")
    { ConfigKey = "proxy-body-size" };

    public static readonly AnnotationDeclaration ConnectTimeout = new(
        "nginx.ingress.kubernetes.io/proxy-connect-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "5",
        "Seconds to connect to the backend.")
    { ConfigKey = "proxy-connect-timeout" };

    public static readonly AnnotationDeclaration SendTimeout = new(
        "nginx.ingress.kubernetes.io/proxy-send-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "60",
        "Seconds between two writes to the backend.")
    { ConfigKey = "proxy-send-timeout" };

    public static readonly AnnotationDeclaration ReadTimeout = new(
        "nginx.ingress.kubernetes.io/proxy-read-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "60",
        "Seconds between two reads from the backend.")
    { ConfigKey = "proxy-read-timeout" };

    public static readonly AnnotationDeclaration NextUpstream = new(
        "nginx.ingress.kubernetes.io/proxy-next-upstream", AnnotationRisk.Medium, ValueRule.Words([.. RetryWords.All]),
        InvalidValue.UsesDefault, "error timeout", "What makes a request go to another endpoint.")
    { ConfigKey = "proxy-next-upstream" };

    public static readonly AnnotationDeclaration NextUpstreamTries = new(
        "nginx.ingress.kubernetes.io/proxy-next-upstream-tries", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "3",
        "Attempts in total, 0 for no limit.")
    { ConfigKey = "proxy-next-upstream-tries" };

    public static readonly AnnotationDeclaration NextUpstreamTimeout = new(
        "nginx.ingress.kubernetes.io/proxy-next-upstream-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Seconds after which no further attempt is made, 0 for no limit.")
    { ConfigKey = "proxy-next-upstream-timeout" };

    public static readonly AnnotationDeclaration BufferSize = new(
        "nginx.ingress.kubernetes.io/proxy-buffer-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.UsesDefault, "4k",
        "Room for the head of a response; more is answered with 502.")
    { ConfigKey = "proxy-buffer-size" };

    public static readonly AnnotationDeclaration RequestBuffering = new(
        "nginx.ingress.kubernetes.io/proxy-request-buffering", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "on",
        "Whether a request body is read whole before the backend sees the request.")
    { ConfigKey = "proxy-request-buffering" };

    public static readonly AnnotationDeclaration ClientBodyBufferSize = new(
        "nginx.ingress.kubernetes.io/client-body-buffer-size", AnnotationRisk.Low, ValueRule.Size, InvalidValue.DropsIngress, "8k",
        "Memory for a request body that is read whole before the backend sees the request; what is larger goes to disk meanwhile.")
    { ConfigKey = "client-body-buffer-size", Difference = "values below 64k act as 64k, values above 16m as 16m." };

    public static readonly AnnotationDeclaration HttpVersionToBackend = new(
        "nginx.ingress.kubernetes.io/proxy-http-version", AnnotationRisk.Low, ValueRule.OneOf("1.0", "1.1"), InvalidValue.UsesDefault, "1.1",
        "The HTTP version towards the backend.")
    { ConfigKey = "proxy-http-version" };

    public static readonly AnnotationDeclaration UpstreamVhost = new(
        "nginx.ingress.kubernetes.io/upstream-vhost", AnnotationRisk.Low, ValueRule.RegexCharacters, InvalidValue.DropsIngress, "the client's Host",
        "The Host header for the backend; variables are filled in.");

    public static readonly AnnotationDeclaration ConnectionProxyHeader = new(
        "nginx.ingress.kubernetes.io/connection-proxy-header", AnnotationRisk.Low, ValueRule.OneOf("keep-alive", "close"),
        InvalidValue.DropsIngress, "none", "Replaces the Connection header towards the backend.")
    { Difference = "a request that asks for a protocol upgrade is not one any more, so WebSockets do not get through; HTTP/2 has no such header." };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        BodySize, ConnectTimeout, SendTimeout, ReadTimeout, NextUpstream, NextUpstreamTries, NextUpstreamTimeout, BufferSize,
        RequestBuffering, ClientBodyBufferSize, HttpVersionToBackend, UpstreamVhost, ConnectionProxyHeader,
    ];

    /// <summary>Null for no limit.</summary>
    public static long? ReadMaxBodyBytes(AnnotationValues values, RouteDefaults defaults)
    {
        if (values.Text(BodySize) is not { } text)
        {
            return defaults.MaxBodyBytes;
        }

        if (NginxUnits.TryParseSize(text, out var bytes))
        {
            return bytes == 0 ? null : bytes;
        }

        // "10b" and "1 k" pass the check but are not written into nginx's configuration: its own default of 1m acts then.
        values.Warn(BodySize, "AnnotationParsingFailed", $"'{text}' is no size; 1m is used");
        return 1024 * 1024;
    }

    public static UpstreamPolicy Read(AnnotationValues values, RouteDefaults defaults)
    {
        var usual = defaults.Upstream;
        return usual with
        {
            Protocol = BackendProtocol.Read(values),
            SendProxyProtocol = SendProxyProtocol.Read(values),
            GrpcWeb = GrpcWeb.Read(values),
            ConnectTimeout = Seconds(values, ConnectTimeout, usual.ConnectTimeout),
            SendTimeout = Seconds(values, SendTimeout, usual.SendTimeout),
            ReadTimeout = Seconds(values, ReadTimeout, usual.ReadTimeout),
            Retry = ReadRetry(values, defaults),
            HeadBufferBytes = ReadBytes(values, BufferSize, usual.HeadBufferBytes),
            ResponseBuffering = ResponseBuffering.Read(values, usual.ResponseBuffering),
            RequestBuffering = values.Text(RequestBuffering) is { } buffering ? buffering != "off" : usual.RequestBuffering,
            BodyBufferBytes = ReadBytes(values, ClientBodyBufferSize, usual.BodyBufferBytes),
            Rate = RateLimits.ReadRate(values, defaults),
            ConnectionHeader = values.Text(ConnectionProxyHeader) ?? usual.ConnectionHeader,
            Http10 = values.Text(HttpVersionToBackend) is { } version ? version == "1.0" : usual.Http10,
            Host = values.Text(UpstreamVhost) is { } host ? Template.Parse(host) : null,
        };
    }

    private static RetryPolicy ReadRetry(AnnotationValues values, RouteDefaults defaults)
    {
        var usual = defaults.Upstream.Retry;
        var words = values.Text(NextUpstream);
        return usual with
        {
            On = words is not null && RetryWords.TryParse(words, defaults.RetryNonIdempotent, out var on) ? on : usual.On,
            Tries = values.Integer(NextUpstreamTries) is { } tries and >= 0 ? tries : usual.Tries,
            Timeout = values.Integer(NextUpstreamTimeout) is { } timeout and >= 0 ? TimeSpan.FromSeconds(timeout) : usual.Timeout,
        };
    }

    private static int ReadBytes(AnnotationValues values, AnnotationDeclaration declaration, int usual) =>
        values.Text(declaration) is { } text && NginxUnits.TryParseSize(text, out var bytes) && bytes is > 0 and <= int.MaxValue ? (int)bytes : usual;

    /// <summary>nginx would cut every request with zero and refuse the configuration with a negative value.</summary>
    private static TimeSpan Seconds(AnnotationValues values, AnnotationDeclaration declaration, TimeSpan usual)
    {
        switch (values.Integer(declaration))
        {
            case null:
                return usual;
            case > 0 and var seconds:
                return TimeSpan.FromSeconds(seconds);
            case var seconds:
                values.Warn(declaration, "AnnotationParsingFailed", $"{seconds} is no positive number of seconds; {usual.TotalSeconds:0} is used");
                return usual;
        }
    }
}
