using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Portico.Kubernetes.Api.Configuration;

namespace Portico.Kubernetes.Api;

/// <summary>
/// Sockets, TLS and proxies towards the API server. A connection whose peer is gone without a word is noticed by TCP's own probes
/// and, over HTTP/2, by PING, within about half a minute.
/// </summary>
internal static class ApiTransport
{
    private const int ProbeAfterSeconds = 15;
    private const int ProbeEverySeconds = 5;
    private const int Probes = 3;

    public static HttpMessageHandler Create(ApiConnection connection)
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(ProbeAfterSeconds),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(ProbeAfterSeconds),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseProxy = connection.Proxy is not null || connection.UseEnvironmentProxy,
            Proxy = connection.Proxy is { } proxy ? new WebProxy(proxy) : null,
            ConnectCallback = ConnectAsync,
        };
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => connection.Credential.Certificate!;
        Verify(handler.SslOptions, connection);
        return handler;
    }

    private static void Verify(SslClientAuthenticationOptions tls, ApiConnection connection)
    {
        if (connection.SkipVerification)
        {
#pragma warning disable CA5359 // The kubeconfig says insecure-skip-tls-verify, and a warning says what that means.
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (connection.Authorities is { } authorities)
        {
            // Judged by us; what the framework does before must ask nobody else.
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            tls.RemoteCertificateValidationCallback = (_, shown, sent, errors) => authorities.Verify(shown, sent, errors);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeAfterSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeEverySeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
