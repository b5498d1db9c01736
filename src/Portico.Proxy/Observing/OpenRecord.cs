using Portico.Proxy.Limits;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Observing;

/// <summary>
/// What is still to be counted and logged of an exchange that goes on as a tunnel, when everything else of it has been given back: its
/// series is found, its line is written as far as it is known. Owned by the tunnel, used on the shard's thread only.
/// </summary>
internal sealed class OpenRecord
{
    /// <summary>The numbers that the request counts in; null when it is not counted.</summary>
    public required Cell? Cell { get; init; }

    /// <summary>Null when the request is not logged.</summary>
    public required BegunLogLine? Line { get; init; }

    /// <summary>Where the request counts as one in progress until the end.</summary>
    public required ConnectionPlace ConnectionPlace { get; init; }

    public required OutcomeSoFar Outcome { get; init; }
}
