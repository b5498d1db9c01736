using System.Collections.Immutable;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Routing;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Streams;

/// <summary>
/// The ports of TCP and UDP services, opened and closed as the model says. One that cannot be opened is a problem, harms nothing else,
/// and is tried again with the next change. Control thread.
/// </summary>
internal sealed class StreamPorts(ShardServices[] services, BackendRegistry backends, BindAddresses addresses, SnapshotSource snapshots, DataPlaneObservers observers)
{
    /// <summary>A closed port may be opened again at once, so its sockets have to be gone. Shards answer within a turn.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(StreamProtocol Protocol, int Port), StreamPort> _open = [];
    private ImmutableArray<StreamListener> _published = [];
    private ImmutableArray<RoutingProblem> _problems = [];

    /// <returns>The ports that could not be opened.</returns>
    public ImmutableArray<RoutingProblem> Publish(GatewayModel model)
    {
        if (_published == model.StreamListeners && _problems.IsEmpty)
        {
            return [];
        }

        _published = model.StreamListeners;
        CloseVanished(model);
        var problems = ImmutableArray.CreateBuilder<RoutingProblem>();
        foreach (var listener in model.StreamListeners)
        {
            if (Bring(listener) is { } cause)
            {
                problems.Add(new RoutingProblem("", null, RoutingProblem.PortNotOpened, $"cannot listen on {listener}: {cause}; it is tried again with the next change"));
            }
        }

        _problems = problems.ToImmutable();
        observers.Proxy.PortsNotOpened = _problems.Length;
        return _problems;
    }

    public async Task StopAsync()
    {
        await Task.WhenAll(_open.Values.Select(port => port.StopAsync()));
        _open.Clear();
    }

    private void CloseVanished(GatewayModel model)
    {
        var wanted = model.StreamListeners.Select(listener => (listener.Protocol, listener.Port)).ToHashSet();
        var vanished = _open.Where(port => !wanted.Contains(port.Key)).ToList();
        var stopping = new List<Task>();
        foreach (var (key, port) in vanished)
        {
            _open.Remove(key);
            stopping.Add(port.StopAsync());
        }

        _ = Task.WhenAll(stopping).Wait(StopPatience);
    }

    /// <returns>Why the port is not open; null when it is.</returns>
    private string? Bring(StreamListener listener)
    {
        if (!backends.TryGet(listener.Backend, out var backend))
        {
            return $"there is no backend {listener.Backend}";
        }

        var target = new StreamTarget(listener, backend);
        if (_open.TryGetValue((listener.Protocol, listener.Port), out var open))
        {
            open.Target = target;
            return null;
        }

        StreamPort port = listener.Protocol == StreamProtocol.Tcp ? new TcpPort(target, services, snapshots) : new UdpPort(target, services, snapshots);
        if ((addresses.FindTaken(listener) ?? port.Open(addresses.InUse)) is { } cause)
        {
            return cause;
        }

        port.Start();
        _open.Add((listener.Protocol, listener.Port), port);
        return null;
    }
}
