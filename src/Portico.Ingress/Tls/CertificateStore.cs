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

    /// <summary>Whether OCSP answers are stapled (<c>enable-ocsp</c>).</summary>
    public bool Staples { get; private set; }

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
                var warnings = WarningsAbout(configured).ToList();
                return (configured, warnings.Count > 0 ? $"Secret {secret}: {string.Join("; ", warnings)}; it is served" : null);
            }

            problem = $"Secret {secret} {result.Problem}; the self-made certificate is served";
        }

        return (FakeCertificate.OfThisProcess, problem);
    }

    /// <summary>What is to be said about a certificate that is served.</summary>
    public IEnumerable<string> WarningsAbout(Certificate certificate)
    {
        if (ExpiryWarning(certificate) is { } expiry)
        {
            yield return expiry;
        }

        if (certificate.MustStaple && !Staples)
        {
            yield return "the certificate demands a stapled OCSP answer (must-staple), which clients that look for it do not get while enable-ocsp is off";
        }
    }

    /// <summary>Follows the configuration.</summary>
    /// <returns>The Secrets about whose certificates there is something else to say than before.</returns>
    public IReadOnlyList<NamespacedName> FollowStapling(bool staples)
    {
        if (staples == Staples)
        {
            return [];
        }

        Staples = staples;
        return [.. _known.Where(k => k.Value.Certificate is { MustStaple: true }).Select(k => k.Key)];
    }

    /// <summary>Ten days ahead, as ingress-nginx does, then three, then one.</summary>
    private string? ExpiryWarning(Certificate certificate) => StageOf(certificate, clock.GetUtcNow()) switch
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
