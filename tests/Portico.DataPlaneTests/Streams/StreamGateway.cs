using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

namespace Portico.DataPlaneTests.Streams;

/// <summary>A gateway whose TCP and UDP services tests add and remove while it runs.</summary>
public class StreamGateway : Gateway
{
    private readonly ConcurrentDictionary<int, string> _tcp = new();
    private readonly ConcurrentDictionary<int, string> _udp = new();
    private readonly Lock _writing = new();
    private int _services;

    protected override PorticoOptions Options => base.Options with
    {
        Arguments = [.. base.Options.Arguments, "--tcp-services-configmap", "default/tcp", "--udp-services-configmap", "default/udp"],
        Files = new Dictionary<string, string> { ["streams.yaml"] = Maps() },
    };

    /// <summary>A TCP service with these endpoints; returns when it accepts.</summary>
    /// <param name="fields">What follows the port of the Service in the entry, e.g. <c>:PROXY</c>.</param>
    public async Task<IPEndPoint> ExposeTcpAsync(string fields, params IEnumerable<ServiceEndpoint> endpoints)
    {
        var at = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        AddService("TCP", endpoints, _tcp, at.Port, fields);
        await Eventually.TrueAsync(() => AcceptsAsync(at), $"{at} accepts");
        return at;
    }

    /// <summary>A TCP service beside the UDP service of a port; returns when it accepts.</summary>
    public Task ExposeTcpAtAsync(int port, params IEnumerable<ServiceEndpoint> endpoints)
    {
        AddTcp(port, endpoints);
        return Eventually.TrueAsync(() => AcceptsAsync(new IPEndPoint(IPAddress.Loopback, port)), $"port {port} accepts");
    }

    /// <summary>A UDP service with these endpoints; returns when the gateway says that it listens.</summary>
    public async Task<IPEndPoint> ExposeUdpAsync(params IEnumerable<ServiceEndpoint> endpoints)
    {
        var port = FreePorts.Next();
        AddService("UDP", endpoints, _udp, port, "");
        await Eventually.TrueAsync(
            async () => (await Process.ReadAdminPageAsync("/configuration")).Contains(string.Create(CultureInfo.InvariantCulture, $"\"port\": {port},"), StringComparison.Ordinal),
            $"UDP port {port} is served");
        return new IPEndPoint(IPAddress.Loopback, port);
    }

    /// <summary>An entry for a port that may not be free.</summary>
    public void AddTcp(int port, params IEnumerable<ServiceEndpoint> endpoints) => AddService("TCP", endpoints, _tcp, port, "");

    public void Remove(IPEndPoint service)
    {
        _tcp.TryRemove(service.Port, out _);
        _udp.TryRemove(service.Port, out _);
        WriteMaps();
    }

    /// <summary>Replaces the endpoints of the service at a port.</summary>
    public void SetEndpoints(IPEndPoint service, string protocol, params IEnumerable<ServiceEndpoint> endpoints)
    {
        var entry = (protocol == "TCP" ? _tcp : _udp)[service.Port];
        var name = entry[(entry.IndexOf('/', StringComparison.Ordinal) + 1)..entry.IndexOf(':', StringComparison.Ordinal)];
        WriteService(name, protocol, endpoints);
    }

    internal static async Task<bool> AcceptsAsync(IPEndPoint at)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(at);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void AddService(string protocol, IEnumerable<ServiceEndpoint> endpoints, ConcurrentDictionary<int, string> map, int port, string fields)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"stream{Interlocked.Increment(ref _services)}");
        WriteService(name, protocol, endpoints);
        map[port] = $"default/{name}:80{fields}";
        WriteMaps();
    }

    private void WriteService(string name, string protocol, IEnumerable<ServiceEndpoint> endpoints) => Process.Manifests.RenameInto(
        name + ".yaml", Manifest.Service(name, 80, endpoints).Replace("protocol: TCP", "protocol: " + protocol, StringComparison.Ordinal));

    private void WriteMaps()
    {
        lock (_writing)
        {
            Process.Manifests.RenameInto("streams.yaml", Maps());
        }
    }

    private string Maps() => Manifest.Join(Map("tcp", _tcp), Map("udp", _udp));

    private static string Map(string name, ConcurrentDictionary<int, string> entries) =>
        Manifest.ConfigMap(name, entries.ToDictionary(e => $"\"{e.Key}\"", e => e.Value));
}

/// <summary>Scripts of peers that speak no HTTP.</summary>
internal static class StreamScripts
{
    /// <summary>Sends back whatever comes, until the other side ends; then ends too.</summary>
    public static BackendScript Echo => async connection =>
    {
        await connection.ReadUntilEndAsync(piece => connection.SendAsync(piece));
        connection.Close();
    };
}
