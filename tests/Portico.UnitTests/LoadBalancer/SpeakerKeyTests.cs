using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Liveness;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>The key that speakers share: who makes it, and what happens to those that have it when it changes.</summary>
public sealed class SpeakerKeyTests : IAsyncLifetime
{
    private const string Ns = "metallb-system";

    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));
    private readonly List<string> _log = [];
    private FakeApiServer _server = null!;
    private ApiClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new ApiClient(new ApiConnection { Server = _server.Address, Origin = "the test" });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task The_first_speaker_makes_a_random_key_and_the_next_ones_take_it()
    {
        var first = await FindAsync();
        Assert.Equal(32, Convert.FromBase64String(first!).Length);
        Assert.Equal(first, await FindAsync());
        Assert.Equal(first, Stored());
        Assert.Equal(1, Creations());

        _server.Delete("secrets", Ns, SpeakerKey.SecretName);
        Assert.NotEqual(first, await FindAsync());
    }

    [Fact]
    public async Task Of_two_that_begin_at_once_one_makes_it_and_both_have_it()
    {
        // Both have read that there is none before either of them writes.
        var reads = 0;
        var bothHaveRead = new TaskCompletionSource();
        _server.Fault = request =>
        {
            if (request is { Resource: "secrets", Verb: "get" } && Interlocked.Increment(ref reads) == 2)
            {
                bothHaveRead.TrySetResult();
            }

            if (request is { Resource: "secrets", Verb: "create" })
            {
                bothHaveRead.Task.Wait(_stop.Token);
            }

            return null;
        };
        var keys = await Task.WhenAll(Task.Run(FindAsync), Task.Run(FindAsync));

        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(keys[0], Stored());
        Assert.Equal(2, Creations());
    }

    [Fact]
    public async Task A_Secret_of_somebody_is_taken_whatever_its_length()
    {
        Put(("secretkey", "short"));
        Assert.Equal("short", await FindAsync());
        Assert.Equal(0, Creations());
    }

    [Fact]
    public async Task A_Secret_without_the_entry_is_waited_for_and_said_once()
    {
        Put(("other", "x"));
        var finding = FindAsync();
        await UntilAsync(() => Log().Count > 0);
        Put(("secretkey", "there"));

        Assert.Equal("there", await finding);
        Assert.Contains("it has no entry secretkey; it is tried again", Assert.Single(Log()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Without_the_right_there_is_no_key_and_a_line_that_says_which(int code)
    {
        _server.Fault = request => request.Resource == "secrets" ? new FakeFault.Status(code) : null;

        Assert.Null(await FindAsync());
        Assert.Contains("grant get and create on secrets", Assert.Single(Log()), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_key_is_taken_over_and_an_empty_one_is_not()
    {
        var cluster = new ResourceCache();
        var shared = new SharedKey(_client, Ns, "one", Add);
        Assert.Null(shared.Changed(cluster));
        cluster.Apply([new ResourceChange(null, Secret("one"))]);
        Assert.Null(shared.Changed(cluster));

        cluster.Apply([new ResourceChange(Secret("one"), Secret("two"))]);
        Assert.Equal("two", shared.Changed(cluster));
        Assert.Null(shared.Changed(cluster));

        cluster.Apply([new ResourceChange(Secret("two"), Secret(null))]);
        Assert.Null(shared.Changed(cluster));
        Assert.Null(shared.Changed(cluster));
        cluster.Apply([new ResourceChange(Secret(null), Secret("three"))]);
        Assert.Equal("three", shared.Changed(cluster));
        Assert.Equal(["has another key", "has no entry", "has another key"], Log().Select(l => l.Split(SpeakerKey.SecretName + " ")[1]).Select(l => string.Join(' ', l.Split(' ', ',', ';').Take(3))));
    }

    [Fact]
    public async Task A_key_that_is_taken_away_is_put_back_by_one_of_those_that_have_it()
    {
        Put(("secretkey", "one"));
        var cluster = new ResourceCache();
        cluster.Apply([new ResourceChange(null, Secret("one"))]);
        SharedKey[] speakers = [new(_client, Ns, "one", Add), new(_client, Ns, "one", Add)];
        Assert.All(speakers, s => Assert.Null(s.Changed(cluster)));

        _server.Delete("secrets", Ns, SpeakerKey.SecretName);
        cluster.Apply([new ResourceChange(Secret("one"), null)]);
        Assert.All(speakers, s => Assert.Null(s.Changed(cluster)));
        Assert.All(speakers, s => Assert.Null(s.Changed(cluster)));

        await UntilAsync(() => Creations() == 2 && Stored() == "one");
        Assert.Equal("one", await FindAsync());
        Assert.Equal(2, Log().Count(l => l.Contains("is gone; it is put back", StringComparison.Ordinal)));
    }

    [Fact]
    public void Words_under_another_key_are_not_understood_until_it_is_everybodys()
    {
        byte[] one = new byte[32], two = [.. Enumerable.Repeat((byte)1, 32)];
        var word = HeartbeatPacket.Write(new Membership("a", 1).WordTo("b", false), one);

        Assert.False(HeartbeatPacket.TryRead(word, two, out _));
        Assert.True(HeartbeatPacket.TryRead(word, one, out var beat));
        Assert.Equal("a", beat.Node);
    }

    private static Secret Secret(string? key) => new()
    {
        Metadata = new ObjectMeta { Name = SpeakerKey.SecretName, Namespace = Ns },
        Data = key is null ? new Dictionary<string, byte[]>() : new Dictionary<string, byte[]> { ["secretkey"] = Encoding.UTF8.GetBytes(key) },
    };

    private Task<string?> FindAsync() => SpeakerKey.FindAsync(_client, Ns, Add, _stop.Token);

    private void Put((string Entry, string Value) data) => _server.Put($$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: {{SpeakerKey.SecretName}}, namespace: {{Ns}}}
        data: { {{data.Entry}}: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(data.Value))}} }
        """);

    private string Stored() => _server.Get("secrets", Ns, SpeakerKey.SecretName) is { } s ? Encoding.UTF8.GetString(Convert.FromBase64String(s["data"]!["secretkey"]!.GetValue<string>())) : "";

    private int Creations() => _server.Requests.Count(r => r is { Resource: "secrets", Verb: "create" });

    private void Add(string line)
    {
        lock (_log)
        {
            _log.Add(line);
        }
    }

    private List<string> Log()
    {
        lock (_log)
        {
            return [.. _log];
        }
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, _stop.Token);
        }
    }
}
