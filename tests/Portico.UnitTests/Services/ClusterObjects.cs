using System.Net;
using Portico.Kubernetes.Resources;
using Portico.Services;
using Portico.Services.Planning;

namespace Portico.UnitTests.Services;

/// <summary>The objects that the tests of the Service proxy start from: Service ns1/web on 10.96.0.10:80 and its endpoints.</summary>
internal static class ClusterObjects
{
    public static NodeFacts ThisNode { get; } = new()
    {
        Name = "node",
        Zone = "a",
        ClusterCidrs = [IPNetwork.Parse("10.1.0.0/16")],
        ServiceCidrs = [IPNetwork.Parse("10.96.0.0/16")],
        NodePortAddresses = [IPAddress.Parse("192.0.2.1")],
    };

    public static Service Web { get; } = new()
    {
        Metadata = new ObjectMeta { Namespace = "ns1", Name = "web" },
        Spec = new ServiceSpec { ClusterIP = "10.96.0.10", Ports = [new ServicePort { Name = "http", Port = 80 }] },
    };

    public static ServicePortName WebPort { get; } = new("ns1", "web", "http", "TCP");

    public static EndpointSlice Slice(params SliceEndpoint[] endpoints) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "ns1",
            Name = "web-1",
            Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = "web" },
        },
        AddressType = "IPv4",
        Ports = [new EndpointPort { Name = "http", Port = 8080 }],
        Endpoints = endpoints,
    };

    public static SliceEndpoint Endpoint(string address, string node = "node", bool? ready = true, bool? serving = null, bool? ends = null) =>
        new() { Addresses = [address], NodeName = node, Conditions = new EndpointConditions { Ready = ready, Serving = serving, Terminating = ends } };

    /// <summary>The plans of a Service for IPv4, and what was said about it.</summary>
    public static (ServicePlan[] Plans, List<string> Skipped) Plan(Service service, params EndpointSlice[] slices)
    {
        var skipped = new List<string>();
        return ([.. ServicePlanner.Plan(service, slices, IpFamily.IPv4, ThisNode, skipped.Add)], skipped);
    }
}
