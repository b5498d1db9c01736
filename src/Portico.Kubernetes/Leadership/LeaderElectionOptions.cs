namespace Portico.Kubernetes.Leadership;

/// <summary>The Lease, and who we are on it.</summary>
public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    /// <summary><c>--election-id</c></summary>
    public required string Name { get; init; }

    /// <summary>The pod's name: unique among those who want the Lease.</summary>
    public required string Identity { get; init; }

    /// <summary><c>--election-ttl</c>: how long the Lease lasts without renewal.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The leader stops leading when it could not renew for so long: well before another may take over.</summary>
    public TimeSpan RenewDeadline => Ttl / 2;

    public TimeSpan RenewInterval => Ttl / 4;

    /// <summary>How often those who wait look whether the leader still renews; decides how much later than the ttl they notice.</summary>
    public TimeSpan LookInterval => Ttl / 20;
}
