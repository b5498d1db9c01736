namespace Portico.Services;

/// <summary>What the Service proxy of a node is told at its start.</summary>
public sealed record ServiceProxyOptions
{
    public required NodeSettings Node { get; init; }

    /// <summary>The families whose tables are kept.</summary>
    public required IReadOnlyList<IpFamily> Families { get; init; }

    /// <summary>Shortest time between two transactions: changes that come faster go together.</summary>
    public TimeSpan SmallestPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long after a refused transaction the next attempt is made.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the kernel is compared with what should be there, and the node's addresses are looked at.</summary>
    public TimeSpan RepairInterval { get; init; } = TimeSpan.FromMinutes(1);
}
