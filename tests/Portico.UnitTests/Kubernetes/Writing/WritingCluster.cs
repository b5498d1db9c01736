using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.TestKit.Cluster;

namespace Portico.UnitTests.Kubernetes.Writing;

/// <summary>A fake API server and a client of it, for what writes into a cluster.</summary>
internal sealed class WritingCluster : IAsyncDisposable
{
    private WritingCluster(FakeApiServer server)
    {
        Server = server;
        Client = new ApiClient(new ApiConnection { Server = server.Address, Origin = "the test" });
    }

    public FakeApiServer Server { get; }

    public ApiClient Client { get; }

    public static async Task<WritingCluster> StartAsync(params string[] manifests)
    {
        var cluster = new WritingCluster(await FakeApiServer.StartAsync());
        foreach (var manifest in manifests)
        {
            cluster.Server.Put(manifest);
        }

        return cluster;
    }

    /// <summary>The addresses in the status of an Ingress, as <c>kubectl get</c> shows them.</summary>
    public string AddressesOf(string ingress) =>
        string.Join(',', (Server.Get("ingresses", "default", ingress)?["status"]?["loadBalancer"]?["ingress"] as JsonArray ?? [])
            .Select(entry => entry!["ip"]?.GetValue<string>() ?? entry["hostname"]!.GetValue<string>()));

    public int Count(string verb, string resource) => Server.Requests.Count(r => r.Verb == verb && r.Resource == resource);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
