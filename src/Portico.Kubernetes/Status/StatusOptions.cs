namespace Portico.Kubernetes.Status;

/// <summary>Which addresses are published and when. Each property carries its flag's name.</summary>
public sealed record StatusOptions
{
    /// <summary><c>--publish-service</c></summary>
    public (string Namespace, string Name)? PublishService { get; init; }

    /// <summary><c>--publish-status-address</c>: addresses and names with commas between them.</summary>
    public string PublishStatusAddress { get; init; } = "";

    /// <summary><c>--report-node-internal-ip-address</c></summary>
    public bool ReportNodeInternalIpAddress { get; init; }

    /// <summary><c>--status-update-interval</c></summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>POD_NAME</c> and <c>POD_NAMESPACE</c>: whose peers and nodes count when no flag says better.</summary>
    public string PodName { get; init; } = "";

    public string PodNamespace { get; init; } = "";

    /// <summary>Whether anything says under which addresses the gateway is reached. Where nothing does, the status is somebody else's.</summary>
    internal bool KnowsAddresses => PublishService is not null || PublishStatusAddress.Length > 0 || (PodName.Length > 0 && PodNamespace.Length > 0);
}
