using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Portico.Control.Admission;

namespace Portico.Admin.Admission;

/// <summary>
/// The validating webhook: HTTPS for the API server, TLS 1.2 or newer, HTTP/1.1, any path. Each handshake takes the certificate of
/// the moment. Owned by the composition root; runs on the thread pool, away from the shards.
/// </summary>
public sealed class AdmissionServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    /// <param name="endPoint"><c>--validating-webhook</c>; port zero asks the system for a free one.</param>
    /// <param name="certificate">Gives the certificate for a handshake; null while there is none.</param>
    /// <param name="observe">Is told about each review.</param>
    public AdmissionServer(IPEndPoint endPoint, Func<SslStreamCertificateContext?> certificate, AdmissionFollower reviewer, Action<AdmissionRecord> observe)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // The signals of the process belong to the composition root.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = AdmissionEndpoint.MostDiscarded;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => new(new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = certificate() ?? throw new AuthenticationException("the webhook has no certificate yet"),
                        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    }),
                });
            });
        });
        _application = builder.Build();
        var endpoint = new AdmissionEndpoint(reviewer, observe);
        _application.Run(endpoint.AnswerAsync);
    }

    /// <summary>The port that is bound, once started.</summary>
    public int Port => new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Throws <see cref="IOException"/> when the port is taken.</summary>
    public Task StartAsync(CancellationToken cancellation) => _application.StartAsync(cancellation);

    public Task StopAsync(CancellationToken cancellation) => _application.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
