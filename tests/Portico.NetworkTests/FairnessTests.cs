using System.Net;
using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Endpoints get equal shares. What is drawn may be uneven: the limits are such that a fair draw misses them once in a million runs.</summary>
public sealed class FairnessTests(OneNode net) : IClassFixture<OneNode>
{
    [Fact]
    public void Three_endpoints_get_a_third_each_of_what_a_client_a_pod_and_the_node_ask()
    {
        net.Apply(Service() + Slice("1 2 3"));
        var all = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var from in (string[])["cli", "p1", "node"])
        {
            foreach (var (answer, count) in net.Counted(from, "10.96.0.10", 80, 300))
            {
                var pod = answer.Split(' ')[0];
                all[pod] = all.GetValueOrDefault(pod) + count;
            }
        }

        Assert.Equal(["p1", "p2", "p3"], all.Keys.Order(StringComparer.Ordinal));

        // 900 draws: 300 ± 14; 25 % and 42 % are five times that away.
        Assert.All(all.Values, count => Assert.InRange(count, 225, 378));
    }

    /// <summary>One pod has all the addresses; its side tells which one a connection came to.</summary>
    [Fact]
    public void Five_hundred_endpoints_of_five_slices_get_equal_shares()
    {
        const int Endpoints = 500;
        const int Connections = 10_000;
        net.Configure("p1", "route add local 10.1.64.0/22 dev lo");
        net.Configure("node", "route add 10.1.64.0/22 via 10.1.1.2");
        net.Apply(Service() + string.Concat(Enumerable.Range(0, 5).Select(slice => SliceOf(slice, Enumerable.Range(slice * 100, 100)))));
        var listener = net.In("p1", () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 7000));
            socket.Listen(4096);
            return socket;
        });
        var counts = new Dictionary<IPAddress, int>();
        using (listener)
        {
            var served = net.In("p3", () =>
            {
                for (var i = 0; i < Connections; i++)
                {
                    using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

                    // A reset at the end: no thousands of sockets that wait for late packets.
                    client.LingerState = new LingerOption(enable: true, seconds: 0);
                    client.Connect(new IPEndPoint(IPAddress.Parse("10.96.0.10"), 80));
                    using var server = listener.Accept();
                    var address = ((IPEndPoint)server.LocalEndPoint!).Address;
                    counts[address] = counts.GetValueOrDefault(address) + 1;
                }

                return Connections;
            });
            Assert.Equal(Connections, served);
        }

        Assert.Equal(Endpoints, counts.Count);
        var expected = (double)Connections / Endpoints;
        var chiSquare = counts.Values.Sum(count => (count - expected) * (count - expected) / expected);

        // 499 degrees of freedom: 499 ± 32, and one fair run in a million is above 667. Too even would be as wrong.
        Assert.InRange(chiSquare, 350, 667);
    }

    private static string SliceOf(int number, IEnumerable<int> endpoints) => $$$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-{{{number}}}, namespace: ns1, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: http, port: 7000}]
        endpoints: [{{{string.Join(", ", endpoints.Select(i => $"{{addresses: [\"10.1.{64 + (i / 250)}.{1 + (i % 250)}\"], nodeName: node}}"))}}}]
        ---

        """;
}
