using System.CommandLine;
using System.Net.Sockets;
using Portico.Kubernetes.Api;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Bgp;
using Portico.LoadBalancer.Bgp.Frr;
using Portico.LoadBalancer.Layer2;
using Portico.LoadBalancer.Liveness;
using Portico.LoadBalancer.Observing;

namespace Portico.Cli;

/// <summary>What <c>portico loadbalancer</c> has beside its controller: the parts of a speaker, and the port for probes and scrapes. Disposing says good-bye to the other speakers.</summary>
internal sealed class LoadBalancerWork : IDisposable
{
    private readonly ParseResult _parsed;
    private readonly Announcer? _announcer;
    private readonly FrrRouter? _router;
    private readonly BalancerPort _port;
    private Heartbeats? _heartbeats;

    /// <exception cref="FormatException">A flag cannot be read.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">Frames may not be sent.</exception>
    public LoadBalancerWork(ParseResult parsed)
    {
        _parsed = parsed;
        var health = new BalancerHealth(TimeProvider.System);
        var host = LoadBalancerFlags.HostOf(parsed);
        if (Announces)
        {
            var counters = new Layer2Counters();
            var router = new FrrRouter(new FrrVty(parsed.GetValue(LoadBalancerFlags.FrrSockets) ?? ""), LoadBalancerVerb.Log);
            _announcer = new Announcer(InterfaceExclusions.Find(parsed.GetValue(LoadBalancerFlags.Exclude), parsed.GetValue(LoadBalancerFlags.ExcludeFile)), counters);
            _router = router;
            Observers = new BalancerObservers(new BalancerMetrics(counters, router), health);
        }
        else
        {
            Observers = new BalancerObservers(new BalancerMetrics(), health);
        }

        _port = new BalancerPort(host, parsed.GetValue(LoadBalancerFlags.Port), Observers.Metrics, Observers.Health, LoadBalancerVerb.Log);
    }

    public bool Announces => _parsed.GetValue(LoadBalancerFlags.Announce);

    public BalancerObservers Observers { get; }

    /// <summary>With the key of the flags, else that of the cluster.</summary>
    public async Task<Speaker?> SpeakerInClusterAsync(ApiClient client, CancellationToken stop)
    {
        var ns = LoadBalancerFlags.NamespaceOf(_parsed);
        return LoadBalancerFlags.KeyOf(_parsed) is { } given
            ? SpeakerWith(given, client: null)
            : SpeakerWith(await SpeakerKey.FindAsync(client, ns, LoadBalancerVerb.Log, stop), client);
    }

    /// <param name="key">That speakers share; null where every node counts as alive.</param>
    /// <param name="client">Where the key is a Secret, which is followed then.</param>
    /// <returns>Null when nothing is to be announced.</returns>
    /// <exception cref="FormatException">The port of the heartbeats cannot be had.</exception>
    public Speaker? SpeakerWith(string? key, ApiClient? client)
    {
        if (_announcer is null || _router is null)
        {
            return null;
        }

        var node = LoadBalancerFlags.NodeOf(_parsed);
        _heartbeats = key is null ? null : HeartbeatsOf(node, key);
        var options = new SpeakerOptions
        {
            NodeName = node,
            IgnoreExcludeLabel = _parsed.GetValue(LoadBalancerFlags.IgnoreExclude),
            Key = client is null || key is null ? null : new SharedKey(client, LoadBalancerFlags.NamespaceOf(_parsed), key, LoadBalancerVerb.Log),
        };
        return new Speaker(options, _announcer, _heartbeats, new BgpAnnouncer(_router, LoadBalancerVerb.Log), Observers.Metrics, LoadBalancerVerb.Log);
    }

    /// <summary>Answers probes and scrapes while something runs.</summary>
    public async Task ObserveAsync(Func<Task> run)
    {
        using var end = new CancellationTokenSource();
        var answering = _port.RunAsync(end.Token);
        try
        {
            await run();
        }
        finally
        {
            await end.CancelAsync();
            await answering;
        }
    }

    public void Dispose()
    {
        _announcer?.Dispose();
        _heartbeats?.Dispose();
    }

    private Heartbeats HeartbeatsOf(string node, string key)
    {
        var port = _parsed.GetValue(LoadBalancerFlags.HeartbeatPort);
        try
        {
            return new Heartbeats(node, key, port, LoadBalancerVerb.Log);
        }
        catch (SocketException error)
        {
            throw new FormatException($"--ml-bindport {port}: {error.Message}", error);
        }
    }
}
