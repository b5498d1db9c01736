using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Probes;
using Portico.Services.Planning;

namespace Portico.Services.Health;

/// <summary>
/// The ports that tell load balancers whether this node has endpoints of a Service (<c>healthCheckNodePort</c>, which Services of type LoadBalancer with
/// externalTrafficPolicy Local have). Ports open once the rules for them are in force. Used on the proxy's task; the answers are given on the
/// thread pool and read one reference.
/// </summary>
/// <param name="report">Told of a Service whose port cannot be had, once.</param>
/// <param name="open">Opens a port of the node; throws SocketException when it cannot be had.</param>
internal sealed class NodeHealthChecks(
    Func<bool> proxyIsHealthy, Action<Service, string> report, Func<int, Func<string, AddressFamily, Answer>, IDisposable> open) : IDisposable
{
    private readonly Dictionary<(string Namespace, string Name), Check> _checks = [];
    private readonly Dictionary<(string Namespace, string Name), Check> _wanted = [];

    /// <summary>How many Services want a port that this node does not have for them.</summary>
    public int Missing => _wanted.Count - _checks.Count;

    public void Dispose()
    {
        foreach (var check in _checks.Values)
        {
            check.Dispose();
        }
    }

    /// <summary>Notes what a Service needs; <see cref="Apply"/> makes it so.</summary>
    public void Update(string space, string name, IResourceView view, string node)
    {
        var key = (space, name);
        if (view.Find<Service>(space, name) is not { Spec: { Type: "LoadBalancer", ExternalTrafficPolicy: "Local", HealthCheckNodePort: > 0 and < 65536 } } service
            || ServicePlanner.IsAnothers(service))
        {
            _wanted.Remove(key);
            return;
        }

        var check = _wanted.GetValueOrDefault(key);
        if (check is null || check.Port != service.Spec.HealthCheckNodePort)
        {
            _wanted[key] = check = new Check(service.Spec.HealthCheckNodePort);
        }

        check.Service = service;
        check.Next = new Counts(Count(service, view, IpFamily.IPv4, node), Count(service, view, IpFamily.IPv6, node));
    }

    /// <summary>Closes ports that are not needed any more, opens new ones, lets all tell what is in force now.</summary>
    public void Apply()
    {
        foreach (var (key, former) in _checks.Where(c => _wanted.GetValueOrDefault(c.Key) != c.Value).ToList())
        {
            former.Dispose();
            _checks.Remove(key);
        }

        foreach (var (key, check) in _wanted)
        {
            check.Now = check.Next;
            if (_checks.ContainsKey(key))
            {
                continue;
            }

            try
            {
                check.Open(proxyIsHealthy, open);
                _checks[key] = check;
                check.Failure = "";
            }
            catch (SocketException e)
            {
                // Tried again with the next change, and with the next look at the kernel; said once.
                if (check.Failure != e.Message)
                {
                    check.Failure = e.Message;
                    report(check.Service, string.Create(CultureInfo.InvariantCulture, $"node {Environment.MachineName} failed to start healthcheck \"{key.Namespace}/{key.Name}\" on port {check.Port}: {e.Message}"));
                }
            }
        }
    }

    /// <summary>Addresses of this node's ready endpoints, however many ports they have. Those that end do not count, although they may still be used: balancers are to leave first.</summary>
    private static int Count(Service service, IResourceView view, IpFamily family, string node) =>
        view.SlicesOf(service.Metadata.Namespace, service.Metadata.Name)
            .Where(s => s.AddressType == family.ToString() && s.Ports.Any(p => service.Spec.Ports.Any(o => o.Name == p.Name && o.Protocol == p.Protocol)))
            .SelectMany(s => s.Endpoints)
            .Where(e => e.NodeName == node && (e.Conditions.Ready ?? true) && e.Addresses.Count > 0)
            .Select(e => e.Addresses[0])
            .Distinct()
            .Count();

    private sealed record Counts(int IPv4, int IPv6);

    private sealed class Check(int port) : IDisposable
    {
        private IDisposable? _port;
        private volatile Counts _now = new(0, 0);

        public int Port => port;

        public Service Service { get; set; } = new();

        public Counts Next { get; set; } = new(0, 0);

        public Counts Now
        {
            get => _now;
            set => _now = value;
        }

        public string Failure { get; set; } = "";

        public void Open(Func<bool> proxyIsHealthy, Func<int, Func<string, AddressFamily, Answer>, IDisposable> open)
        {
            var (space, name) = (Service.Metadata.Namespace, Service.Metadata.Name);
            _port = open(port, (_, family) => Tell(space, name, family == AddressFamily.InterNetwork ? Now.IPv4 : Now.IPv6, proxyIsHealthy()));
        }

        public void Dispose() => _port?.Dispose();

        /// <summary>kube-proxy's words, tabs and line ends included.</summary>
        private static Answer Tell(string space, string name, int count, bool healthy)
        {
            var body = string.Create(
                CultureInfo.InvariantCulture,
                $"{{\n\t\"service\": {{\n\t\t\"namespace\": {Quoted(space)},\n\t\t\"name\": {Quoted(name)}\n\t}},\n\t\"localEndpoints\": {count},\n\t\"serviceProxyHealthy\": {(healthy ? "true" : "false")}\n}}");
            return new Answer(count > 0 && healthy ? 200 : 503, "application/json", body)
            {
                Headers = string.Create(CultureInfo.InvariantCulture, $"X-Content-Type-Options: nosniff\r\nX-Load-Balancing-Endpoint-Weight: {count}\r\n"),
            };
        }

        private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
    }
}
