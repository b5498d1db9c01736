namespace Portico.Proxy.Requests;

/// <summary>Where the request went and what came of it.</summary>
internal static partial class Variables
{
    private static IEnumerable<Declaration> ExchangeVariables() =>
    [
        new("namespace", static (c, o) => Append(o, c.Policies.Labels.Namespace)),
        new("ingress_name", static (c, o) => Append(o, c.Policies.Labels.IngressName)),
        new("service_name", static (c, o) => Append(o, c.Policies.Labels.ServiceName)),
        new("service_port", static (c, o) => Append(o, c.Policies.Labels.ServicePort)),
        new("location_path", static (c, o) => Append(o, c.Policies.Labels.LocationPath)),
        new("proxy_upstream_name", AppendUpstreamName),
        new("proxy_host", AppendUpstreamName),
        new("proxy_alternative_upstream_name", static (c, o) => Append(o, c.AlternativeUpstreamName)),
        new("status", static (c, o) => AppendPadded(o, c.Status)),
        new("upstream_addr", static (c, o) => AppendAttempts(c, o, static (in a, output) => Append(output, a.Endpoint))),
        new("upstream_status", static (c, o) => AppendAttempts(c, o, static (in a, output) => a.Status > 0 && AppendPadded(output, a.Status))),
        new("upstream_connect_time", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendTime(output, a.ConnectMicroseconds))),
        new("upstream_header_time", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendTime(output, a.HeaderMicroseconds))),
    ];

    /// <summary>Those that only the end of the exchange can tell: they read nothing of the context but its outcome.</summary>
    private static IEnumerable<Declaration> OutcomeVariables() =>
    [
        new("bytes_sent", static (c, o) => AppendNumber(o, c.BytesSent)),
        new("body_bytes_sent", static (c, o) => AppendNumber(o, c.BodyBytesSent)),
        new("request_length", static (c, o) => AppendNumber(o, c.RequestLength)),
        new("request_time", static (c, o) => AppendTime(o, c.ElapsedMicroseconds)),
        new("msec", static (c, o) => AppendSeconds(o, ClockText.UnixMilliseconds(c.UtcTicks))),
        new("time_local", static (c, o) => ClockText.AppendLogTime(o, c.UtcTicks)),
        new("time_iso8601", static (c, o) => ClockText.AppendIso8601(o, c.UtcTicks)),
        new("upstream_response_time", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendTime(output, a.ResponseMicroseconds))),
        new("upstream_response_length", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendNumber(output, a.ResponseLength))),
        new("upstream_bytes_received", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendNumber(output, a.BytesReceived))),
        new("upstream_bytes_sent", static (c, o) => AppendAttempts(c, o, static (in a, output) => AppendNumber(output, a.BytesSent))),
    ];

    /// <summary>The chosen backend, before the choice the route's first.</summary>
    private static bool AppendUpstreamName(RequestContext context, ByteBuilder output)
    {
        if (context.Backend is { } backend)
        {
            output.Append(backend.Name);
        }
        else
        {
            output.Append(context.Policies.Labels.UpstreamName);
        }

        return true;
    }

    private delegate bool AttemptReader(in UpstreamAttempt attempt, ByteBuilder output);

    /// <summary>One value for each attempt, joined as nginx joins them; a value that an attempt lacks is a hyphen.</summary>
    private static bool AppendAttempts(RequestContext context, ByteBuilder output, AttemptReader reader)
    {
        var attempts = context.Attempts;
        for (var i = 0; i < attempts.Length; i++)
        {
            if (i > 0)
            {
                // nginx joins attempts by commas, and what follows an internal redirect (to an error page) by a colon.
                output.Append(i == context.AttemptsBeforeErrorPage ? " : "u8 : ", "u8);
            }

            if (!reader(in attempts[i], output))
            {
                output.Append((byte)'-');
            }
        }

        return attempts.Length > 0;
    }

    private static bool AppendTime(ByteBuilder output, long microseconds) =>
        microseconds >= 0 && AppendSeconds(output, microseconds / 1000);

    private static bool AppendSeconds(ByteBuilder output, long milliseconds)
    {
        output.AppendSeconds(milliseconds);
        return true;
    }

    private static bool AppendPadded(ByteBuilder output, int status)
    {
        output.AppendDecimal(status, 3);
        return true;
    }
}
