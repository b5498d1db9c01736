using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Portico.Demo;

/// <summary>
/// A back end of the demo: answers every request with a page that names the server and shows what the gateway told it.
/// Kestrel without a host around it, on a free port of the loopback address; runs on the thread pool.
/// </summary>
internal sealed class DemoBackend(string name) : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private static readonly string[] ShownHeaders =
        ["Host", "X-Request-ID", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Scheme"];

    private KestrelServer? _server;

    public string Name { get; } = name;

    public int Port { get; private set; }

    public async Task StartAsync()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, 0);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        _server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        await _server.StartAsync(this, CancellationToken.None);
        Port = new Uri(_server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var request = context.Request;
        var page = new StringWriter { NewLine = "\n" };
        await page.WriteLineAsync($"{Name} answers {request.Method} {request.Path}{request.QueryString}");
        foreach (var header in ShownHeaders.Where(h => request.Headers.ContainsKey(h)))
        {
            await page.WriteLineAsync($"  {header}: {request.Headers[header]}");
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(page.ToString());
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
        {
            return;
        }

        // Connections that the gateway keeps open carry nothing any more; there is nothing to wait for.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }
}
