using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.Kubernetes.Webhook;

/// <summary>
/// The certificate of the webhook in two PEM files that somebody else renews: read again when one of them has changed, at most once a
/// second. A pair that does not fit, as between two writes, leaves the last one in use. Any thread.
/// </summary>
public sealed class WebhookCertificateFiles(string certificateFile, string keyFile, Action<string> warn, TimeProvider? clock = null)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext? _current;
    private (DateTime Certificate, DateTime Key) _version;
    private long _lookedAt;
    private string _lastWarning = "";

    public SslStreamCertificateContext? Current
    {
        get
        {
            lock (_gate)
            {
                if (_lookedAt == 0 || _clock.GetElapsedTime(_lookedAt) >= LookInterval)
                {
                    _lookedAt = _clock.GetTimestamp();
                    Look();
                }

                return _current;
            }
        }
    }

    internal static SslStreamCertificateContext Context(string certificatePem, string keyPem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificatePem);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificatePem, keyPem), chain, offline: true);
    }

    private void Look()
    {
        var version = (File.GetLastWriteTimeUtc(certificateFile), File.GetLastWriteTimeUtc(keyFile));
        if (_current is not null && version == _version)
        {
            return;
        }

        try
        {
            _current = Context(File.ReadAllText(certificateFile), File.ReadAllText(keyFile));
            _version = version;
            _lastWarning = "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (error.Message != _lastWarning)
            {
                _lastWarning = error.Message;
                warn($"the webhook's certificate {certificateFile} and key {keyFile} cannot be used: {error.Message}{(_current is null ? "" : "; the last one stays in use")}");
            }
        }
    }
}
