using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>What is kept about one host between changes.</summary>
internal sealed class HostState(string name)
{
    public string Name => name;

    /// <summary>The Ingresses with a rule for the host, in order of precedence.</summary>
    public List<IngressEntry> Ingresses { get; } = [];

    /// <summary>The names that the host would like to have besides its own.</summary>
    public ImmutableArray<HostAlias> ClaimedAliases { get; set; } = [];

    /// <summary>The names it has.</summary>
    public ImmutableArray<HostAlias> Aliases { get; set; } = [];

    /// <summary>The name that the host would like to have redirected to it (<c>from-to-www-redirect</c>).</summary>
    public string? ClaimedRedirect { get; set; }

    /// <summary>That name, once it is the host's: nobody else has it.</summary>
    public string? RedirectedName { get; set; }

    public ImmutableArray<KeyValuePair<string, Certificate?>> Certificates { get; set; } = [];

    public List<HostFinding> RouteFindings { get; set; } = [];

    public List<HostFinding> AliasFindings { get; set; } = [];

    public List<HostFinding> CertificateFindings { get; set; } = [];

    /// <summary>Whether unmatched paths go to the default backend of the installation.</summary>
    public bool UsesDefaultBackend { get; set; }

    /// <summary>Only the catch-all host exists without an Ingress.</summary>
    public bool Exists => Ingresses.Count > 0 || name == VirtualHost.AnyHost;

    public IEnumerable<HostFinding> Findings => RouteFindings.Concat(AliasFindings).Concat(CertificateFindings);

    public void Add(IngressEntry ingress)
    {
        var at = Ingresses.BinarySearch(ingress, IngressOrder.Instance);
        if (at < 0)
        {
            Ingresses.Insert(~at, ingress);
        }
    }

    public void Remove(IngressEntry ingress)
    {
        var at = Ingresses.BinarySearch(ingress, IngressOrder.Instance);
        if (at >= 0)
        {
            Ingresses.RemoveAt(at);
        }
    }
}
