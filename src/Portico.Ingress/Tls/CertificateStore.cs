using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Tls;

/// <summary>The certificates of Secrets that Ingresses name. A Secret is read once, until it changes. Owned by the translator.</summary>
internal sealed class CertificateStore(NamespacedName? defaultSecret, TimeProvider clock)
{
    private static readonly int[] Stages = [0, 1, 3, 10];

    private readonly Dictionary<NamespacedName, CertificateResult> _known = [];
    private DateTimeOffset _agesTakenAt = clock.GetUtcNow();

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
                return (configured, ExpiryWarning(configured) is { } warning ? $"Secret {secret}: {warning}; it is served" : null);
            }

            problem = $"Secret {secret} {result.Problem}; the self-made certificate is served";
        }

        return (FakeCertificate.OfThisProcess, problem);
    }

    /// <summary>What is to be said about the age of a certificate: ten days ahead, as ingress-nginx does, then three, then one.</summary>
    public string? ExpiryWarning(Certificate certificate) => StageOf(certificate, clock.GetUtcNow()) switch
    {
        null => null,
        0 => $"the certificate has expired at {certificate.NotAfter:u}",
        1 => $"the certificate expires within a day, at {certificate.NotAfter:u}",
        var days => $"the certificate expires within {days} days, at {certificate.NotAfter:u}",
    };

    /// <summary>The Secrets about whose certificates there is something else to say than at the last call.</summary>
    public IReadOnlyList<NamespacedName> TakeAged()
    {
        var (before, now) = (_agesTakenAt, clock.GetUtcNow());
        _agesTakenAt = now;
        return [.. _known.Where(k => k.Value.Certificate is { } c && StageOf(c, before) != StageOf(c, now)).Select(k => k.Key)];
    }

    /// <summary>The number of days below which the rest of its life has come; null while that is long.</summary>
    private static int? StageOf(Certificate certificate, DateTimeOffset now)
    {
        foreach (var days in Stages)
        {
            if (certificate.NotAfter <= now.AddDays(days))
            {
                return days;
            }
        }

        return null;
    }
}
