using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Tls;

/// <summary>The certificates of Secrets that Ingresses name. A Secret is read once, until it changes. Owned by the translator.</summary>
internal sealed class CertificateStore(NamespacedName? defaultSecret, TimeProvider clock)
{
    private readonly Dictionary<NamespacedName, CertificateResult> _known = [];

    public NamespacedName? DefaultSecret => defaultSecret;

    public CertificateResult Get(NamespacedName secret, IResourceView view)
    {
        if (!_known.TryGetValue(secret, out var result))
        {
            _known[secret] = result = view.Find<Secret>(secret.Namespace, secret.Name) is { } found
                ? CertificateParser.Parse(found)
                : new CertificateResult(null, "does not exist");
        }

        return result;
    }

    public void Forget(NamespacedName secret) => _known.Remove(secret);

    /// <summary>The default certificate, and what is wrong with the one that was configured.</summary>
    public (Certificate Certificate, string? Problem) Default(IResourceView view)
    {
        string? problem = null;
        if (defaultSecret is { } secret)
        {
            var result = Get(secret, view);
            if (result.Certificate is { } configured)
            {
                return (configured, null);
            }

            problem = $"Secret {secret} {result.Problem}; the self-made certificate is served";
        }

        return (FakeCertificate.OfThisProcess, problem);
    }

    /// <summary>Ten days ahead, as ingress-nginx warns.</summary>
    public string? ExpiryWarning(Certificate certificate)
    {
        var now = clock.GetUtcNow();
        return certificate.NotAfter <= now ? $"the certificate has expired at {certificate.NotAfter:u}"
            : certificate.NotAfter <= now.AddDays(10) ? $"the certificate expires at {certificate.NotAfter:u}"
            : null;
    }
}
