namespace Portico.Ingress;

/// <summary>The values of <see cref="Model.BackendId.Variant"/> that Ingresses bring about.</summary>
internal static class BackendVariants
{
    /// <summary>The Service's ClusterIP stands instead of its endpoints.</summary>
    public const string ServiceUpstream = "service-upstream";

    /// <summary>The TCP port of a Service, for a TCP service: number or name, never targetPort. Begins the backend's log name.</summary>
    public const string Tcp = "tcp";

    /// <summary>The same for UDP.</summary>
    public const string Udp = "udp";

    public static bool IsStream(string variant) => variant is Tcp or Udp;

    /// <summary>The Service of <c>--default-backend-service</c>, which has a log name of its own.</summary>
    public const string Default = "default-backend";

    /// <summary>A Service of this cluster that a URL names: balanced apart from the routes that lead to it.</summary>
    public const string Subrequest = "subrequest";

    /// <summary>A host name or an address that a URL names, which is no Service: the backend's Service is that text, its namespace is empty.</summary>
    public const string HostName = "host-name";

    /// <summary>The first port of the Service, whatever it is: what the annotation <c>default-backend</c> names.</summary>
    public const string FirstPort = "first-port";
}
