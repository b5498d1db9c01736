namespace Portico.Ingress;

/// <summary>
/// The DNS names of Services. Names of this cluster are resolved here instead of by a DNS server, so that URLs and
/// ExternalNames that mean a Service work without one.
/// </summary>
public static class ServiceNames
{
    /// <summary>Reads <c>service.namespace.svc</c> and <c>service.namespace.svc.cluster-domain</c>, with or without a trailing dot.</summary>
    public static bool TryResolve(string hostName, string clusterDomain, out NamespacedName service)
    {
        service = default;
        var name = hostName.ToLowerInvariant().TrimEnd('.');
        var domain = "." + clusterDomain.ToLowerInvariant().Trim('.');
        if (name.EndsWith(domain, StringComparison.Ordinal))
        {
            name = name[..^domain.Length];
        }

        if (name.Split('.') is not [{ Length: > 0 } serviceName, { Length: > 0 } ns, "svc"])
        {
            return false;
        }

        service = new NamespacedName(ns, serviceName);
        return true;
    }
}
