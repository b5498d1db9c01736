using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Reading;

/// <summary>v1 Service and Endpoints, discovery.k8s.io/v1 EndpointSlice.</summary>
internal static partial class ResourceReader
{
    private static Service Service(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        var spec = new ServiceSpec();
        IReadOnlyList<LoadBalancerIngress> balancer = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "spec": spec = ServiceSpec(ref r); break;
                    case "status": balancer = ServiceStatus(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new Service { Metadata = meta, Spec = spec, LoadBalancer = balancer };
    }

    private static IReadOnlyList<LoadBalancerIngress> ServiceStatus(ref FieldReader r) =>
        OnlyField(ref r, "loadBalancer", static (ref FieldReader inner) =>
            OnlyField(ref inner, "ingress", static (ref FieldReader list) => list.List(LoadBalancerIngress), []), []);

    /// <summary>Reads an object of which one field counts.</summary>
    private static T OnlyField<T>(ref FieldReader r, string name, ItemReader<T> reading, T absent) =>
        r.Fields(absent, (ref FieldReader f, string field, T read) => field == name ? reading(ref f) : f.Skip(read));

    private static LoadBalancerIngress LoadBalancerIngress(ref FieldReader r)
    {
        string ip = "", hostname = "", mode = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ip": ip = r.String(); break;
                    case "hostname": hostname = r.String(); break;
                    case "ipMode": mode = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new LoadBalancerIngress { Ip = ip, Hostname = hostname, IpMode = mode };
    }

    private static ServiceSpec ServiceSpec(ref FieldReader r)
    {
        string type = "ClusterIP", clusterIP = "", externalName = "", external = "Cluster", inside = "Cluster", affinity = "None";
        IReadOnlyList<string> clusterIPs = [], externalIPs = [], ranges = [], families = [];
        var familyPolicy = "SingleStack";
        var distribution = "";
        (string IP, string? Class) balancer = ("", null);
        var selector = CompactMap<string>.Empty;
        int affinitySeconds = 10_800, healthPort = 0;
        IReadOnlyList<ServicePort> ports = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "type": type = r.String("ClusterIP"); break;
                    case "clusterIP": clusterIP = r.String(); break;
                    case "clusterIPs": clusterIPs = r.Strings(); break;
                    case "externalName": externalName = r.String(); break;
                    case "ports": ports = r.List(ServicePort); break;
                    case "externalIPs": externalIPs = r.Strings(); break;
                    case "externalTrafficPolicy": external = r.String("Cluster"); break;
                    case "internalTrafficPolicy": inside = r.String("Cluster"); break;
                    case "trafficDistribution": distribution = r.String(); break;
                    case "sessionAffinity": affinity = r.String("None"); break;
                    case "sessionAffinityConfig": affinitySeconds = AffinitySeconds(ref r, affinitySeconds); break;
                    case "loadBalancerSourceRanges": ranges = r.Strings(); break;
                    case "healthCheckNodePort": healthPort = r.Int32(); break;
                    case "loadBalancerIP": balancer.IP = r.String(); break;
                    case "loadBalancerClass": balancer.Class = r.NullableString(); break;
                    case "ipFamilyPolicy": familyPolicy = r.String("SingleStack"); break;
                    case "ipFamilies": families = r.Strings(); break;
                    case "selector": selector = r.StringMap(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new ServiceSpec
        {
            Type = type,
            ClusterIP = clusterIP,
            ClusterIPs = clusterIPs,
            ExternalName = externalName,
            Ports = ports,
            ExternalIPs = externalIPs,
            ExternalTrafficPolicy = external,
            InternalTrafficPolicy = inside,
            TrafficDistribution = distribution,
            SessionAffinity = affinity,
            SessionAffinitySeconds = affinitySeconds,
            LoadBalancerSourceRanges = ranges,
            HealthCheckNodePort = healthPort,
            LoadBalancerIP = balancer.IP,
            LoadBalancerClass = balancer.Class,
            IpFamilyPolicy = familyPolicy,
            IpFamilies = families,
            Selector = selector,
        };
    }

    private static int AffinitySeconds(ref FieldReader r, int absent) =>
        OnlyField(ref r, "clientIP", (ref FieldReader inner) =>
            OnlyField(ref inner, "timeoutSeconds", static (ref FieldReader seconds) => seconds.Int32(), absent), absent);

    private static ServicePort ServicePort(ref FieldReader r)
    {
        string name = "", target = "", protocol = "TCP";
        string? appProtocol = null;
        int port = 0, nodePort = 0;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "name": name = r.String(); break;
                    case "port": port = r.Int32(); break;
                    case "nodePort": nodePort = r.Int32(); break;
                    case "targetPort": target = r.IntOrString(); break;
                    case "protocol": protocol = r.String("TCP"); break;
                    case "appProtocol": appProtocol = r.NullableString(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new ServicePort { Name = name, Port = port, TargetPort = target, Protocol = protocol, AppProtocol = appProtocol, NodePort = nodePort };
    }

    private static EndpointSlice EndpointSlice(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        var addressType = "";
        IReadOnlyList<EndpointPort> ports = [];
        IReadOnlyList<SliceEndpoint> endpoints = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "addressType": addressType = r.String(); break;
                    case "ports": ports = r.List(EndpointPort); break;
                    case "endpoints": endpoints = r.List(SliceEndpoint); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new EndpointSlice { Metadata = meta, AddressType = addressType, Ports = ports, Endpoints = endpoints };
    }

    private static EndpointPort EndpointPort(ref FieldReader r)
    {
        string name = "", protocol = "TCP";
        string? appProtocol = null;
        int? port = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "name": name = r.String(); break;
                    case "port": port = r.NullableInt32(); break;
                    case "protocol": protocol = r.String("TCP"); break;
                    case "appProtocol": appProtocol = r.NullableString(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new EndpointPort { Name = name, Port = port, Protocol = protocol, AppProtocol = appProtocol };
    }

    private static SliceEndpoint SliceEndpoint(ref FieldReader r)
    {
        IReadOnlyList<string> addresses = [];
        var conditions = new EndpointConditions();
        IReadOnlyList<string> forZones = [], forNodes = [];
        string? node = null, zone = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "addresses": addresses = r.Strings(); break;
                    case "conditions": conditions = Conditions(ref r); break;
                    case "nodeName": node = r.NullableString(); break;
                    case "zone": zone = r.NullableString(); break;
                    case "hints": (forZones, forNodes) = Hints(ref r); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new SliceEndpoint { Addresses = addresses, Conditions = conditions, NodeName = node, Zone = zone, ForZones = forZones, ForNodes = forNodes };
    }

    private static (IReadOnlyList<string> Zones, IReadOnlyList<string> Nodes) Hints(ref FieldReader r)
    {
        IReadOnlyList<string> zones = [], nodes = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "forZones": zones = r.List(HintName); break;
                    case "forNodes": nodes = r.List(HintName); break;
                    default: r.Skip(); break;
                }
            }
        }

        return (zones, nodes);
    }

    private static string HintName(ref FieldReader r) => OnlyField(ref r, "name", static (ref FieldReader name) => name.String(), "");

    private static EndpointConditions Conditions(ref FieldReader r)
    {
        bool? ready = null, serving = null, terminating = null;
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ready": ready = r.NullableBoolean(); break;
                    case "serving": serving = r.NullableBoolean(); break;
                    case "terminating": terminating = r.NullableBoolean(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating };
    }

    private static Endpoints Endpoints(ref FieldReader r)
    {
        var meta = new ObjectMeta();
        IReadOnlyList<EndpointSubset> subsets = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "metadata": meta = Metadata(ref r); break;
                    case "subsets": subsets = r.List(EndpointSubset); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new Endpoints { Metadata = meta, Subsets = subsets };
    }

    private static EndpointSubset EndpointSubset(ref FieldReader r)
    {
        IReadOnlyList<EndpointAddress> addresses = [], notReady = [];
        IReadOnlyList<EndpointPort> ports = [];
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "addresses": addresses = r.List(EndpointAddress); break;
                    case "notReadyAddresses": notReady = r.List(EndpointAddress); break;
                    case "ports": ports = r.List(EndpointPort); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new EndpointSubset { Addresses = addresses, NotReadyAddresses = notReady, Ports = ports };
    }

    private static EndpointAddress EndpointAddress(ref FieldReader r)
    {
        var ip = "";
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                switch (field)
                {
                    case "ip": ip = r.String(); break;
                    default: r.Skip(); break;
                }
            }
        }

        return new EndpointAddress { Ip = ip };
    }
}
