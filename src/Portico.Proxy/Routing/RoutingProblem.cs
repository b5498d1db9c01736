using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// Something in the model that the table could not honour: the control loop makes an event of it.
/// </summary>
/// <param name="Host">The name of the host it belongs to; empty when it belongs to a backend or to the settings for everything.</param>
/// <param name="Route">Where the route comes from; null when no route is meant.</param>
/// <param name="Reason">A stable word, one of those below.</param>
/// <param name="Message">What is wrong and what is done instead, for people.</param>
public sealed record RoutingProblem(string Host, RouteOrigin? Route, string Reason, string Message)
{
    /// <summary>Also the reason code of the 503 that such a route answers.</summary>
    public const string BadRegex = "bad_regex";

    public const string BadHostName = "bad_host_name";

    public const string UnknownVariable = "unknown_variable";

    /// <summary>Client certificate rules or ciphers of a host that OpenSSL refuses.</summary>
    public const string BadTls = "bad_tls";

    public const string BadEndpoint = "bad_endpoint";

    /// <summary>A port cannot be listened on; everything else works.</summary>
    public const string PortNotOpened = "port_not_opened";

    /// <summary>A setting that is read at the start only has changed since.</summary>
    public const string NeedsRestart = "needs_restart";

    internal static RoutingProblem NoSuchVariable(string host, RouteOrigin? route, string name) =>
        new(host, route, UnknownVariable, $"there is no variable ${name}; it is taken as empty");
}
