using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Model;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>The two metrics about served certificates: one series per host and certificate of the running snapshot.</summary>
internal sealed class CertificateMetrics(ConstantLabels constantLabels)
{
    // Read once per certificate; an entry goes away with its certificate.
    private readonly ConditionalWeakTable<Certificate, Details> _details = [];

    public async ValueTask WriteExpiryAsync(PrometheusText text, GatewayModel model, CancellationToken cancellation)
    {
        foreach (var (host, certificate) in Served(model))
        {
            text.Labels.Clear();
            LabelStart(text.Labels, host, DetailsOf(certificate));
            LabelEnd(text.Labels, certificate);
            text.Sample(certificate.NotAfter.ToUnixTimeSeconds());
            await text.FlushIfNeededAsync(cancellation);
        }
    }

    public async ValueTask WriteInfoAsync(PrometheusText text, GatewayModel model, CancellationToken cancellation)
    {
        foreach (var (host, certificate) in Served(model))
        {
            var details = DetailsOf(certificate);
            text.Labels.Clear();
            LabelStart(text.Labels, host, details);
            text.Labels.Add("issuer_common_name"u8, details.IssuerCommonName);
            text.Labels.Add("issuer_organization"u8, details.IssuerOrganization);
            LabelEnd(text.Labels, certificate, details.PublicKeyAlgorithm);
            text.Labels.Add("serial_number"u8, details.SerialNumber);
            text.Sample(1);
            await text.FlushIfNeededAsync(cancellation);
        }
    }

    /// <summary>Hosts in order; a host whose own certificate cannot be used serves the default one, as does the catch-all host.</summary>
    private static IEnumerable<(string Host, Certificate Certificate)> Served(GatewayModel model)
    {
        var seen = new HashSet<(string, string)>();
        foreach (var listener in model.Listeners)
        {
            if (listener.Certificates is not { } table)
            {
                continue;
            }

            var hosts = table.ByServerName.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => (e.Key, e.Value ?? table.Default))
                .Prepend((VirtualHost.AnyHost, table.Default));
            foreach (var (host, certificate) in hosts)
            {
                if (seen.Add((host, certificate.Fingerprint)))
                {
                    yield return (host, certificate);
                }
            }
        }
    }

    private void LabelStart(LabelBuffer labels, string host, Details details)
    {
        labels.Add("class"u8, constantLabels.Class);
        labels.Add("host"u8, host);
        labels.Add("identifier"u8, details.Identifier);
    }

    private static void LabelEnd(LabelBuffer labels, Certificate certificate, string? publicKeyAlgorithm = null)
    {
        var slash = certificate.Name.IndexOf('/', StringComparison.Ordinal);
        labels.Add("namespace"u8, slash < 0 ? "" : certificate.Name[..slash]);
        if (publicKeyAlgorithm is not null)
        {
            labels.Add("public_key_algorithm"u8, publicKeyAlgorithm);
        }

        labels.Add("secret_name"u8, certificate.Name[(slash + 1)..]);
    }

    private Details DetailsOf(Certificate certificate) => _details.GetValue(certificate, Details.Read);

    private sealed record Details(string Identifier, string SerialNumber, string IssuerCommonName, string IssuerOrganization, string PublicKeyAlgorithm)
    {
        private const string CommonName = "2.5.4.3";
        private const string Organization = "2.5.4.10";
        private const string SerialNumberAttribute = "2.5.4.5";

        public static Details Read(Certificate certificate)
        {
            try
            {
                using var leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate.ChainPem.AsSpan()));
                var serial = new BigInteger(leaf.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
                // ingress-nginx joins the issuer's serialNumber attribute, which hardly any issuer has, with the serial number.
                return new Details(
                    $"{Attribute(leaf.IssuerName, SerialNumberAttribute)}-{serial}",
                    serial,
                    Attribute(leaf.IssuerName, CommonName),
                    Attribute(leaf.IssuerName, Organization),
                    AlgorithmName(leaf.PublicKey.Oid));
            }
            catch (CryptographicException)
            {
                // The model's certificates were checked, but a page must not fail over one that cannot be read here.
                return new Details("", "", "", "", "");
            }
        }

        private static string Attribute(X500DistinguishedName name, string oid)
        {
            foreach (var part in name.EnumerateRelativeDistinguishedNames(reversed: false))
            {
                if (!part.HasMultipleElements && part.GetSingleElementType().Value == oid)
                {
                    return part.GetSingleElementValue() ?? "";
                }
            }

            return "";
        }

        /// <summary>The names that Go's crypto/x509 prints.</summary>
        private static string AlgorithmName(Oid oid) => oid.Value switch
        {
            "1.2.840.113549.1.1.1" => "RSA",
            "1.2.840.10045.2.1" => "ECDSA",
            "1.2.840.10040.4.1" => "DSA",
            "1.3.101.112" => "Ed25519",
            _ => oid.FriendlyName ?? oid.Value ?? "",
        };
    }
}
