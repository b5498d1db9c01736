using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Model;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

/// <summary>Objects change at random while the API server is cut and restored fifty times, with and without its history.</summary>
public class OutageSoakTests
{
    private const int Outages = 50;
    private const int Constant = 20;

    [Theory]
    [InlineData(1)]
    [InlineData(20261129)]
    public async Task After_fifty_outages_the_model_is_that_of_a_fresh_list_and_no_lasting_route_was_ever_gone(int seed)
    {
        var random = new Random(seed);
        await using var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { BookmarkInterval = TimeSpan.FromMilliseconds(5) });
        server.Put(ClusterObjects.Class);
        for (var i = 0; i < Constant; i++)
        {
            server.Put(ClusterObjects.Service("stays-" + ClusterObjects.Number(i)));
            server.Put(ClusterObjects.Slice("stays-" + ClusterObjects.Number(i), "10.0.0.1"));
            server.Put(Lasting(i));
        }

        await using var follower = new Follower(server);
        await Eventually.TrueAsync(() => follower.Model is not null, "the first model is there");
        for (var outage = 0; outage < Outages; outage++)
        {
            Change(server, random);
            server.GoAway();
            Change(server, random);
            if (random.Next(3) == 0)
            {
                server.Compact();
            }

            server.ComeBack();
            server.Fault = random.Next(4) switch
            {
                0 => OnceFor(random.Next(2) == 0 ? "list" : "watch", new FakeFault.Cut(random.Next(2000))),
                1 => OnceFor("watch", new FakeFault.Garbage("{\"type\":\"ADD")),
                2 => OnceFor("list", new FakeFault.Status(500)),
                _ => null,
            };
            if (random.Next(2) == 0)
            {
                await Eventually.TrueAsync(() => follower.IsInContact, "the source is back");
            }
        }

        server.Fault = null;
        server.Put(ClusterObjects.Ingress("last", "last.test"));
        await Eventually.TrueAsync(() => follower.Knows(server), "the cache holds what the server holds", TimeSpan.FromSeconds(120));
        await using var fresh = new Follower(server);
        await Eventually.TrueAsync(() => fresh.Knows(server), "a fresh one, too");

        Assert.Equal(fresh.Describe(), follower.Describe());
        Assert.Empty(follower.Vanished);
    }

    private static string Lasting(int i) => ClusterObjects.Ingress("stays-" + ClusterObjects.Number(i), $"stays-{ClusterObjects.Number(i)}.test", service: "stays-" + ClusterObjects.Number(i));

    private static Func<FakeRequest, FakeFault?> OnceFor(string verb, FakeFault fault)
    {
        var done = 0;
        return request => request.Verb == verb && Interlocked.Increment(ref done) <= 2 ? fault : null;
    }

    private static void Change(FakeApiServer server, Random random)
    {
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            var name = "x-" + ClusterObjects.Number(random.Next(15));
            switch (random.Next(5))
            {
                case 0:
                    server.Put(ClusterObjects.Slice("stays-" + ClusterObjects.Number(random.Next(Constant)), "10.0.0." + ClusterObjects.Number(random.Next(1, 200))));
                    break;
                case 1:
                    server.Put(ClusterObjects.Ingress(name, $"{name}.test", annotations: $"example.org/turn: \"{ClusterObjects.Number(random.Next())}\""));
                    break;
                case 2 when server.Get("ingresses", "default", name) is not null:
                    server.Delete("ingresses", "default", name);
                    break;
                case 3:
                    server.Put(ClusterObjects.Service(name));
                    break;
                default:
                    server.Put(ClusterObjects.Slice(name, "10.2.0." + ClusterObjects.Number(random.Next(1, 200))));
                    break;
            }
        }
    }

    /// <summary>A source, a cache and a translator, as the control loop joins them; looks after each batch whether all lasting hosts lead on.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly ApiClient _client;
        private readonly ApiSource _source;
        private readonly Task _running;
        private readonly Lock _gate = new();
        private readonly ResourceCache _cache = new();
        private readonly IngressTranslator _translator = new(new IngressOptions());

        public Follower(FakeApiServer server)
        {
            _client = new ApiClient(new ApiConnection { Server = server.Address, Origin = "the test" });
            _source = new ApiSource(_client, new ApiSourceOptions { Times = WatchedCluster.Quick });
            _source.Start();
            _running = RunAsync();
        }

        public GatewayModel? Model { get; private set; }

        public List<string> Vanished { get; } = [];

        public bool IsInContact => _source.IsInContact;

        public bool Knows(FakeApiServer server)
        {
            lock (_gate)
            {
                return Same<Portico.Kubernetes.Resources.Ingress>(server, "ingresses") && Same<Service>(server, "services") && Same<EndpointSlice>(server, "endpointslices");
            }
        }

        public string[] Describe()
        {
            lock (_gate)
            {
                var routes = Model!.Listeners[0].Hosts.Hosts.Values.SelectMany(h => h.Routes.Select(r => $"{h.Name} {r.Match.Path} {r.Action}"));
                var backends = Model.Backends.Values.Select(b => $"{b.Id} {string.Join(',', b.Endpoints)}");
                return [.. routes.Concat(backends).Order(StringComparer.Ordinal)];
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _source.DisposeAsync();
            await _running;
            _client.Dispose();
        }

        private bool Same<T>(FakeApiServer server, string plural) where T : KubernetesObject =>
            server.List(plural).Select(o => o["metadata"]!).Select(m => $"{m["namespace"]}/{m["name"]}@{m["resourceVersion"]}").Order(StringComparer.Ordinal)
                .SequenceEqual(_cache.All<T>().Select(o => $"{o.Metadata.Namespace}/{o.Metadata.Name}@{o.Metadata.ResourceVersion}").Order(StringComparer.Ordinal));

        private async Task RunAsync()
        {
            var pending = new List<ResourceChange>();
            await foreach (var batch in _source.Batches.ReadAllAsync())
            {
                lock (_gate)
                {
                    _cache.Apply(batch.Changes);
                    pending.AddRange(batch.Changes);
                    if (batch.Synced)
                    {
                        Model = _translator.Apply(pending, _cache).Model;
                        pending.Clear();
                        Look(Model);
                    }
                }
            }
        }

        private void Look(GatewayModel model)
        {
            for (var i = 0; i < Constant; i++)
            {
                var host = $"stays-{ClusterObjects.Number(i)}.test";
                var leadsOn = model.Listeners[0].Hosts.Hosts.TryGetValue(host, out var found)
                    && found.Routes.Any(r => r.Action is RouteAction.Forward forward && model.Backends[forward.Backends[0].Backend].Endpoints.Length == 1);
                if (!leadsOn)
                {
                    Vanished.Add(host);
                }
            }
        }
    }
}
