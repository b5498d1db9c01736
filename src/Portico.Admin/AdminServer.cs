using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Portico.Admin;

/// <summary>
/// Health, readiness, metrics and the running configuration over plain HTTP. Kestrel alone, without host, container,
/// configuration or logging: they would cost memory, and the host would stop at the first SIGTERM, when probes have to be
/// told that the gateway is going. Owned by the composition root; runs on the thread pool, away from the shards.
/// </summary>
public sealed class AdminServer : IDisposable
{
    private readonly AdminOptions _options;
    private readonly AdminApplication _application;
    private readonly KestrelServer _server;
    private readonly KestrelServerOptions _kestrelOptions = new() { AddServerHeader = false };

    public AdminServer(AdminOptions options, IAdminState state)
    {
        _options = options;
        _application = new AdminApplication(options, state);
        Limit(_kestrelOptions.Limits);
        _server = new KestrelServer(
            Options.Create(_kestrelOptions),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions { IOQueueCount = 1 }), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    /// <summary>The port that is bound, once started.</summary>
    public int Port => _server.Features.Get<IServerAddressesFeature>() is { } addresses
        ? addresses.Addresses.Select(a => new Uri(a).Port).First()
        : 0;

    /// <summary>Binds and serves. Throws <see cref="IOException"/> when the port is taken, and for a host that has no address.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await ListenAsync(cancellation);
        await _server.StartAsync(_application, cancellation);
    }

    /// <summary>Stops accepting and waits for requests in progress as long as the token allows.</summary>
    public Task StopAsync(CancellationToken cancellation) => _server.StopAsync(cancellation);

    public void Dispose() => _server.Dispose();

    /// <summary>The timeouts of ingress-nginx's health server: header and read 10 s, idle 120 s; write 300 s, see <see cref="AdminApplication"/>.</summary>
    private static void Limit(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(120);
        limits.MaxRequestBodySize = 64 * 1024;
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        if (_options.Host.Length == 0)
        {
            _kestrelOptions.ListenAnyIP(_options.Port, Http1);
            return;
        }

        var host = _options.Host.Trim('[', ']');
        IPAddress[] addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await ResolveAsync(host, cancellation);
        foreach (var address in addresses)
        {
            _kestrelOptions.Listen(address, _options.Port, Http1);
        }

        static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellation);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new IOException($"--healthz-host: '{host}' has no address: {e.Message}", e);
        }
    }
}
