using System.Collections.Immutable;
using Portico.Ingress.Hosts;
using Portico.Kubernetes;
using Portico.Model;

namespace Portico.Ingress.Tls;

/// <summary>Decides which certificate a host gets: the first Ingress in order with a TLS section and a rule for the host decides.</summary>
internal sealed class HostCertificates(CertificateStore store)
{
    /// <summary>Entries of the certificate table for a host and its aliases; none for hosts without a TLS section.</summary>
    public ImmutableArray<KeyValuePair<string, Certificate?>> EntriesFor(
        string host, IReadOnlyList<IngressEntry> ingresses, ImmutableArray<HostAlias> aliases, IResourceView view, List<HostFinding> findings)
    {
        // Rules without host ignore their TLS section: the catch-all always shows the default certificate.
        if (host == VirtualHost.AnyHost || ingresses.FirstOrDefault(i => i.InForce!.Spec.Tls.Count > 0) is not { } deciding)
        {
            return [];
        }

        var certificate = Choose(host, deciding, view, findings);
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, Certificate?>>();
        entries.Add(new KeyValuePair<string, Certificate?>(host, certificate));

        // An alias counts as a TLS host only when the certificate served covers it.
        var served = certificate ?? store.Default(view).Certificate;
        foreach (var alias in aliases)
        {
            if (alias.Kind != HostAliasKind.Regex && served.DnsNames.Any(n => HostName.Covers(n, alias.Name)))
            {
                entries.Add(new KeyValuePair<string, Certificate?>(alias.Name, certificate));
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Null when the default certificate is to be served.</summary>
    private Certificate? Choose(string host, IngressEntry ingress, IResourceView view, List<HostFinding> findings)
    {
        if (ListedSecret(host, ingress) is { } listed)
        {
            return listed.Length == 0 ? null : Usable(host, ingress, listed, view, findings);
        }

        foreach (var tls in ingress.InForce!.Spec.Tls)
        {
            if (tls.SecretName.Length > 0 && store.Get(NameOf(ingress, tls.SecretName), view).Certificate is { } certificate && CoversHost(certificate, host))
            {
                return Warned(certificate, ingress, findings);
            }
        }

        Report(ingress, findings, $"no Secret of the TLS section covers {host}; the default certificate is served");
        return null;
    }

    /// <summary>The Secret of the first entry that lists the host's own text; a wildcard entry covers only the wildcard host here.</summary>
    private static string? ListedSecret(string host, IngressEntry ingress)
    {
        foreach (var tls in ingress.InForce!.Spec.Tls)
        {
            foreach (var listed in tls.Hosts)
            {
                if (listed.Equals(host, StringComparison.OrdinalIgnoreCase))
                {
                    return tls.SecretName;
                }
            }
        }

        return null;
    }

    private Certificate? Usable(string host, IngressEntry ingress, string secret, IResourceView view, List<HostFinding> findings)
    {
        var result = store.Get(NameOf(ingress, secret), view);
        if (result.Certificate is not { } certificate)
        {
            Report(ingress, findings, $"Secret {secret} {result.Problem}; the default certificate is served for {host}");
            return null;
        }

        if (!CoversHost(certificate, host))
        {
            Report(ingress, findings, $"the certificate of Secret {secret} does not cover {host}; the default certificate is served");
            return null;
        }

        return Warned(certificate, ingress, findings);
    }

    private Certificate Warned(Certificate certificate, IngressEntry ingress, List<HostFinding> findings)
    {
        foreach (var warning in store.WarningsAbout(certificate))
        {
            Report(ingress, findings, $"{certificate.Name}: {warning}; it is served");
        }

        return certificate;
    }

    private static bool CoversHost(Certificate certificate, string host) => certificate.DnsNames.Any(n => HostName.Covers(n, host));

    private static NamespacedName NameOf(IngressEntry ingress, string secret) => new(ingress.Current.Metadata.Namespace, secret);

    private static void Report(IngressEntry ingress, List<HostFinding> findings, string message) =>
        findings.Add(new HostFinding(ingress, new Finding(ingress.Reference, "spec.tls", FindingSeverity.Warning, "Certificate", message)));
}
