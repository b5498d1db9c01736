using System.Globalization;
using System.Net;
using System.Net.Security;
using Portico.Admin.Admission;
using Portico.Control;
using Portico.Control.Admission;
using Portico.Flags;
using Portico.Ingress;
using Portico.Ingress.Admission;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Webhook;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Serving;

/// <summary>The validating webhook with its certificate. Listens from the start and answers from the first snapshot on. Owned by the composition root.</summary>
internal sealed class AdmissionDuty : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly AdmissionServer _server;
    private readonly SelfSignedWebhook? _selfSigned;
    private Task _running = Task.CompletedTask;

    /// <param name="client">Null without a cluster.</param>
    public AdmissionDuty(ServeOptions options, IngressOptions ingressOptions, ApiClient? client, AdmissionMetrics metrics, ErrorLogWriter log)
    {
        void Say(string text) => log.Write(ErrorLogLevel.Notice, text);

        var follower = new AdmissionFollower(new IngressAdmission(ingressOptions));
        Observer = follower;
        Func<SslStreamCertificateContext?> certificate;
        if (options.ValidatingWebhookSelfSigned && client is not null)
        {
            _selfSigned = new SelfSignedWebhook(
                client,
                new SelfSignedWebhookOptions { Namespace = options.PodNamespace, Name = options.ValidatingWebhookName, ClusterDomain = options.ClusterDomain },
                Say);
            certificate = () => _selfSigned.Current;
        }
        else
        {
            var files = new WebhookCertificateFiles(options.ValidatingWebhookCertificate, options.ValidatingWebhookKey, Say);
            certificate = () => files.Current;
        }

        _server = new AdmissionServer(EndPoint(options.ValidatingWebhook), certificate, follower, record => Observe(record, metrics, log));
    }

    public ISnapshotObserver Observer { get; }

    public int Port => _server.Port;

    /// <exception cref="IOException">The port is taken.</exception>
    public async Task StartAsync()
    {
        try
        {
            await _server.StartAsync(CancellationToken.None);
        }
        catch (IOException error)
        {
            throw new IOException($"the admission webhook (--validating-webhook) cannot start: {error.Message}", error);
        }

        _running = _selfSigned is null ? Task.CompletedTask : Task.Run(() => _selfSigned.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(StopLimit);
        await _server.StopAsync(limit.Token);
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private static void Observe(in AdmissionRecord record, AdmissionMetrics metrics, ErrorLogWriter log)
    {
        metrics.Reviewed(record.Namespace, record.Name, record.Allowed, record.TestedIngresses, record.ObjectBytes, record.ReviewSeconds, record.RoundTripSeconds);
        if (!record.Allowed)
        {
            log.Write(ErrorLogLevel.Notice, $"admission refused Ingress {record.Namespace}/{record.Name}: {record.Message}");
        }
    }

    /// <summary>An empty host is every address, IPv6 and IPv4.</summary>
    private static IPEndPoint EndPoint(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = text[..colon].Trim('[', ']');
        var port = int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture);
        return new IPEndPoint(host.Length == 0 ? (System.Net.Sockets.Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0], port);
    }
}
