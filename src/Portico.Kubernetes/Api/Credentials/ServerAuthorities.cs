using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.Kubernetes.Api.Credentials;

/// <summary>
/// Who may have signed the API server's certificate. A file is read again with each handshake, of which there are few, so that a new
/// authority needs no restart; one that cannot be read leaves the last ones in force. Asked from any thread.
/// </summary>
public sealed class ServerAuthorities
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly Func<X509Certificate2Collection>? _read;
    private volatile X509Certificate2Collection _current;

    /// <param name="read">Reads them again; throws when that cannot be done. Null for those that never change.</param>
    internal ServerAuthorities(X509Certificate2Collection first, Func<X509Certificate2Collection>? read = null) => (_current, _read) = (first, read);

    /// <summary>As last read.</summary>
    public X509Certificate2Collection Current => _current;

    /// <summary>
    /// Judges what a server shows. As in Go's verifier, and unlike .NET's, every certificate of the bundle is an anchor, also one that
    /// another has signed.
    /// </summary>
    /// <exception cref="AuthenticationException">It is not believed; the message says why.</exception>
    internal bool Verify(X509Certificate? shown, X509Chain? sent, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate)
        {
            throw new AuthenticationException("the API server shows no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new AuthenticationException($"the certificate of the API server ({certificate.Subject}) is for another name");
        }

        Refresh();
        return IsSigned(certificate, sent?.ChainPolicy.ExtraStore ?? [], _current, out var problem)
            ? true
            : throw new AuthenticationException($"the certificate of the API server ({certificate.Subject}) is not believed: {problem}");
    }

    private static bool IsSigned(X509Certificate2 certificate, X509Certificate2Collection sent, X509Certificate2Collection anchors, out string problem)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
        };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        if (chain.Build(certificate))
        {
            problem = "";
            return true;
        }

        problem = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        // The signatures up to the anchor are good, or another status would say so; what is missing lies beyond it.
        return Array.TrueForAll(chain.ChainStatus, status => status.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot)
            && chain.ChainElements.Any(element => anchors.Any(anchor => anchor.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
    }

    private void Refresh()
    {
        try
        {
            _current = _read?.Invoke() ?? _current;
        }
        catch (Configuration.ApiConfigurationException)
        {
            // It is being replaced.
        }
    }
}
