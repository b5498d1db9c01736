using Portico.TestKit.Backends;
using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests.Cluster;

/// <summary>The program in a cluster: a fake API server, a backend, and objects that lead to it.</summary>
public sealed class ClusterGateway : IAsyncDisposable
{
    private readonly ScriptedBackend _backend = new(Scripts.Body("hello"), "hello");
    private PorticoProcess? _process;

    private ClusterGateway(FakeApiServer server) => Server = server;

    public FakeApiServer Server { get; }

    public PorticoProcess Process => _process ?? throw new InvalidOperationException("the program does not run");

    public static async Task<ClusterGateway> StartAsync(Action<ClusterGateway>? prepare = null, params string[] arguments)
    {
        var gateway = new ClusterGateway(await FakeApiServer.StartAsync());
        gateway.Server.Put(Manifest.IngressClass);
        gateway.Server.Put("apiVersion: v1\nkind: Pod\nmetadata: {name: gateway-0, namespace: gateways, labels: {app: portico}}\nspec: {nodeName: node-1}\n");
        gateway.Server.Put(Manifest.Service("hello", 80, new ServiceEndpoint(gateway._backend.EndPoint.Address.ToString(), gateway._backend.Port)));
        prepare?.Invoke(gateway);
        gateway._process = await gateway.StartProcessAsync("gateway-0", arguments);
        return gateway;
    }

    public Task<PorticoProcess> StartProcessAsync(string pod, params string[] arguments) => PorticoProcess.StartAsync(new PorticoOptions
    {
        KubeConfig = Server.KubeConfig(),
        Arguments = ["--post-shutdown-grace-period=0", .. arguments],
        Environment = new Dictionary<string, string> { ["POD_NAME"] = pod, ["POD_NAMESPACE"] = "gateways" },
    });

    public void Expose(string name, string host, string? tlsSecret = null, params (string Key, string Value)[] annotations) =>
        Server.Put(Manifest.Ingress(name, host, [new IngressPath("hello")], annotations.ToDictionary(a => a.Key, a => a.Value), tlsSecret));

    /// <summary>The status that a host answers with.</summary>
    public async Task<int> StatusOfAsync(string host)
    {
        await using var client = await Process.ConnectAsync();
        return (await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).Status;
    }

    public Task AnswersAsync(string host, int status) => Eventually.TrueAsync(async () => await StatusOfAsync(host) == status, $"{host} answers {status}");

    /// <summary>Ends the program as a crash does.</summary>
    public async Task KillAsync()
    {
        await Process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await Server.DisposeAsync();
        await _backend.DisposeAsync();
    }
}
