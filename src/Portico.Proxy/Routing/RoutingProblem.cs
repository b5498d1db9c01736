using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>
/// Something in the model that the table could not honour: the control loop makes an event of it.
/// </summary>
/// <param name="Host">The name of the host it belongs to.</param>
/// <param name="Route">Where the route comes from; null when a name of the host is meant.</param>
/// <param name="Reason">A stable word: <see cref="BadRegex"/> or <see cref="BadHostName"/>.</param>
/// <param name="Message">What is wrong and what is done instead, for people.</param>
public sealed record RoutingProblem(string Host, RouteOrigin? Route, string Reason, string Message)
{
    /// <summary>Also the reason code of the 503 that such a route answers.</summary>
    public const string BadRegex = "bad_regex";

    public const string BadHostName = "bad_host_name";
}
