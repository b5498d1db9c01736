using System.Net;
using Portico.Kubernetes.Resources;

namespace Portico.Services;

/// <summary>What the Service proxy of a node is told at its start.</summary>
public sealed record ServiceProxyOptions
{
    public required NodeSettings Node { get; init; }

    /// <summary>The families whose tables are kept.</summary>
    public required IReadOnlyList<IpFamily> Families { get; init; }

    /// <summary>Whether the source is a cluster, which has an object for every node.</summary>
    public bool NodeIsKnown { get; init; }

    /// <summary>Where <c>/healthz</c> and <c>/livez</c> are answered; port 0 for nowhere.</summary>
    public (IPAddress? Address, int Port) Healthz { get; init; }

    /// <summary>Where <c>/metrics</c> is.</summary>
    public (IPAddress? Address, int Port) Metrics { get; init; }

    /// <summary>Takes warnings about a Service beside the log: the Service, the reason of an event, its message.</summary>
    public Action<Service, string, string>? Warn { get; init; }

    /// <summary>Shortest time between two transactions: changes that come faster go together.</summary>
    public TimeSpan SmallestPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long after a refused transaction, or a port that could not be had, the next attempt is made.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often it is asked whether somebody has changed rules, and the node's addresses are looked at.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Shortest time between two comparisons, which cost as much as the tables are large: other programs may change their own rules all the time.</summary>
    public TimeSpan ComparePause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the kernel is compared with what should be there although nobody seems to have changed anything.</summary>
    public TimeSpan CompareAnyway { get; init; } = TimeSpan.FromHours(1);
}
