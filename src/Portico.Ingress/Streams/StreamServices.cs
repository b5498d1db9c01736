using System.Collections.Immutable;
using Portico.Ingress.Backends;
using Portico.Kubernetes;
using Portico.Model;

namespace Portico.Ingress.Streams;

/// <summary>
/// The TCP and UDP services: from the two ConfigMaps to listeners. An entry listens while its backend has endpoints. Owned by the
/// translator; costs nothing while neither a map nor a backend changes.
/// </summary>
internal sealed class StreamServices(IngressOptions options, BackendTable backends)
{
    private readonly StreamMap[] _maps =
    [
        new(StreamProtocol.Tcp, options.TcpServicesConfigMap, options.ReservedPorts),
        new(StreamProtocol.Udp, options.UdpServicesConfigMap, options.ReservedPorts),
    ];

    private ImmutableDictionary<BackendId, Backend>? _seen;
    private HashSet<BackendId> _pinned = [];

    /// <summary>In the order of protocols and ports; the same array while nothing changes.</summary>
    public ImmutableArray<StreamListener> Listeners { get; private set; } = [];

    public bool Concerns(NamespacedName configMap) => _maps.Any(map => map.Name == configMap);

    /// <summary>Before backends are built: what the entries name has to be resolved.</summary>
    public void Read(IResourceView view)
    {
        foreach (var map in _maps)
        {
            map.Read(view);
        }

        var wanted = _maps.SelectMany(map => map.Entries).Select(entry => entry.Backend).ToHashSet();
        foreach (var id in _pinned.Except(wanted))
        {
            backends.Unpin(id);
        }

        foreach (var id in wanted.Except(_pinned))
        {
            // ingress-nginx's name of such an upstream: tcp-namespace-service-port.
            backends.Pin(id, $"{id.Variant}-{id}", LoadBalancing.RoundRobin);
        }

        _pinned = wanted;
        _seen = null;
    }

    /// <summary>After backends are built: who has endpoints listens.</summary>
    public void Update(FindingsBook findings)
    {
        if (ReferenceEquals(_seen, backends.Backends))
        {
            return;
        }

        _seen = backends.Backends;
        var listeners = new List<StreamListener>();
        var problems = new List<Finding>();
        foreach (var map in _maps)
        {
            problems.AddRange(map.Problems);
            foreach (var entry in map.Entries)
            {
                if (backends.Find(entry.Backend) is { } backend && (backend.Endpoints.Length > 0 || backend.Dns is not null))
                {
                    listeners.Add(ListenerOf(map.Protocol, entry));
                }
                else
                {
                    var cause = backends.ProblemOf(entry.Backend) ?? "the Service has no ready endpoints";
                    problems.Add(map.Problem(entry.Key, "NoEndpoints", $"{cause}; nothing listens on the port"));
                }
            }
        }

        Report(findings, problems);
        if (!listeners.SequenceEqual(Listeners))
        {
            Listeners = [.. listeners];
        }
    }

    private static StreamListener ListenerOf(StreamProtocol protocol, StreamEntry entry) => new()
    {
        Protocol = protocol,
        Port = entry.Port,
        Backend = entry.Backend,
        AcceptsProxyProtocol = entry.AcceptsProxyProtocol,
        SendsProxyProtocol = entry.SendsProxyProtocol,
    };

    /// <summary>Both protocols may have the same map.</summary>
    private void Report(FindingsBook findings, List<Finding> problems)
    {
        foreach (var map in _maps)
        {
            if (map.Name is { } name)
            {
                var reference = new ObjectReference("ConfigMap", name.Namespace, name.Name);
                findings.Replace(reference, [.. problems.Where(problem => problem.Object == reference).Distinct()]);
            }
        }
    }
}
