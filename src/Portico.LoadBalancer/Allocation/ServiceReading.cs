using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>What an event says about a Service.</summary>
internal readonly record struct ServiceNews(bool IsWarning, string Reason, string Message)
{
    public static ServiceNews Warning(string reason, string message) => new(true, reason, message);

    public static ServiceNews Normal(string reason, string message) => new(false, reason, message);
}

/// <summary>What a Service says becomes a <see cref="ServiceRequest"/>.</summary>
internal static class ServiceReading
{
    /// <param name="withoutCluster">
    /// No API server has given cluster addresses: then the families are those of <c>spec.ipFamilies</c>, IPv4 when it is empty.
    /// </param>
    /// <param name="problem">Why there is no request; beside a request, why the addresses that it names are not asked for.</param>
    public static ServiceRequest? Read(Service service, bool withoutCluster, out ServiceNews? problem)
    {
        problem = null;
        if (Families(service, withoutCluster, out problem) is not { } families)
        {
            return null;
        }

        var wanted = Wanted(service, out problem);
        var spec = service.Spec;
        return new ServiceRequest
        {
            Key = KeyOf(service),
            Labels = service.Metadata.Labels,
            Families = families.Policy,
            PrimaryIsIPv6 = families.PrimaryIsIPv6,
            Ports = [.. spec.Ports.Select(p => new RequestedPort(p.Protocol, p.Port))],
            SharingKey = ServiceAnnotations.Of(service, ServiceAnnotations.AllowSharedIP),
            BackendKey = spec.ExternalTrafficPolicy == "Local"
                ? "Local " + string.Join(',', spec.Selector.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}={s.Value}"))
                : "",
            Wanted = wanted,
            Pool = ServiceAnnotations.Of(service, ServiceAnnotations.AddressPool),
        };
    }

    public static ServiceKey KeyOf(Service service) => new(service.Metadata.Namespace, service.Metadata.Name);

    private static (FamilyPolicy Policy, bool PrimaryIsIPv6)? Families(Service service, bool withoutCluster, out ServiceNews? problem)
    {
        problem = null;
        var spec = service.Spec;
        var texts = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : spec.ClusterIP.Length > 0 ? [spec.ClusterIP] : [];
        if (texts.Count == 0 && withoutCluster)
        {
            texts = spec.IpFamilies.Count == 0 ? ["0.0.0.0"] : [.. spec.IpFamilies.Select(f => f == "IPv6" ? "::" : "0.0.0.0")];
        }

        if (texts.Count == 0 || texts[0] is "None" or "")
        {
            problem = ServiceNews.Warning("AllocationFailed", $"Failed to allocate IP for \"{KeyOf(service)}\": the service has no cluster address");
            return null;
        }

        var ipv6 = new List<bool>();
        foreach (var text in texts)
        {
            if (!Address.TryParse(text, out var address) || ipv6.Contains(address.IsIPv6))
            {
                problem = ServiceNews.Warning("noclusterIPsIPFamily", $"Failed to retrieve clusterIPs IPFamily for \"{string.Join(' ', texts)}\"");
                return null;
            }

            ipv6.Add(address.IsIPv6);
        }

        if (ipv6.Count == 1 && spec.IpFamilyPolicy == "RequireDualStack")
        {
            problem = ServiceNews.Warning("not enough clusterips", $"Service requires dual stack but not enough clusterips [{string.Join(' ', texts)}]");
            return null;
        }

        var policy = ipv6.Count == 1 ? FamilyPolicy.Single : spec.IpFamilyPolicy == "PreferDualStack" ? FamilyPolicy.PreferDual : FamilyPolicy.RequireDual;
        return (policy, ipv6[0]);
    }

    private static ImmutableArray<Address> Wanted(Service service, out ServiceNews? problem)
    {
        problem = null;
        var list = ServiceAnnotations.Of(service, ServiceAnnotations.LoadBalancerIPs);
        var single = service.Spec.LoadBalancerIP;
        if (list.Length > 0 && single.Length > 0)
        {
            problem = ServiceNews.Warning("LoadBalancerFailed", $"service can not have both {ServiceAnnotations.LoadBalancerIPs.Now} and spec.loadBalancerIP");
            return [];
        }

        var wanted = ImmutableArray.CreateBuilder<Address>();
        foreach (var text in (list.Length > 0 ? list : single).Split(',', StringSplitOptions.TrimEntries))
        {
            if (text.Length == 0 && list.Length == 0)
            {
                break;
            }

            if (!Address.TryParse(text, out var address))
            {
                problem = ServiceNews.Warning("LoadBalancerFailed", $"invalid address: '{text}' is no IP address");
                return [];
            }

            wanted.Add(address);
        }

        if (wanted.Count > 2 || (wanted.Count == 2 && wanted[0].IsIPv6 == wanted[1].IsIPv6))
        {
            problem = ServiceNews.Warning("LoadBalancerFailed", $"invalid addresses {list}: at most one of each family");
            return [];
        }

        return wanted.ToImmutable();
    }
}
