using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>MetalLB's annotations of a Service, under the present names and the deprecated ones, of which the present win.</summary>
internal static class ServiceAnnotations
{
    public static readonly (string Now, string Deprecated) LoadBalancerIPs = ("metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs");

    public static readonly (string Now, string Deprecated) AddressPool = ("metallb.io/address-pool", "metallb.universe.tf/address-pool");

    public static readonly (string Now, string Deprecated) AllowSharedIP = ("metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip");

    /// <summary>Written by the controller: the pool that the Service's addresses are of.</summary>
    public static readonly (string Now, string Deprecated) AllocatedFromPool = ("metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool");

    /// <summary>Empty when neither name is there.</summary>
    public static string Of(Service service, (string Now, string Deprecated) name) =>
        service.Metadata.Annotations.TryGetValue(name.Now, out var now) ? now
        : service.Metadata.Annotations.TryGetValue(name.Deprecated, out var before) ? before
        : "";

    /// <summary>The deprecated names that the Service uses, of those that users write.</summary>
    public static IEnumerable<string> DeprecatedOn(Service service) =>
        ((ReadOnlySpan<(string Now, string Deprecated)>)[LoadBalancerIPs, AddressPool, AllowSharedIP]).ToArray()
            .Select(n => n.Deprecated).Where(service.Metadata.Annotations.ContainsKey);
}
