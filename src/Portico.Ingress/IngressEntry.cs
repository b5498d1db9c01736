using System.Collections.Immutable;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>
/// One Ingress of ours, as the translator knows it. <see cref="Current"/> is the object as it is; <see cref="InForce"/> is
/// the last version that was accepted, which serves on while a newer one is refused.
/// </summary>
internal sealed class IngressEntry(IngressResource current)
{
    public IngressResource Current { get; set; } = current;

    /// <summary>Null while no version has been accepted.</summary>
    public IngressResource? InForce { get; set; }

    public IngressSettings Settings { get; set; } = new();

    /// <summary>What <see cref="InForce"/> is entered with in the indexes; used to take it out again.</summary>
    public IngressFootprint Footprint { get; set; } = IngressFootprint.Empty;

    /// <summary>Findings about the object itself; those about its hosts are kept with the hosts.</summary>
    public ImmutableArray<Finding> OwnFindings { get; set; } = [];

    public ObjectKey Key => Current.Key;

    public ObjectReference Reference { get; } = new("Ingress", current.Metadata.Namespace, current.Metadata.Name);

    /// <summary>The sort key of the version in force.</summary>
    public DateTimeOffset Created { get; set; }

    /// <summary>Whether the Ingress is a catch-all: a default backend and no rules.</summary>
    public bool IsCatchAll => InForce is { Spec: { Rules.Count: 0, DefaultBackend: not null } };
}

/// <summary>Where an Ingress is entered.</summary>
/// <param name="Hosts">Lower-case host names; the catch-all host for rules without host.</param>
/// <param name="Backends">Every Service port it sends requests to.</param>
/// <param name="Secrets">The Secrets of its TLS section and of its annotations.</param>
/// <param name="ConfigMaps">The ConfigMaps that its settings come from.</param>
internal sealed record IngressFootprint(
    ImmutableArray<string> Hosts,
    ImmutableArray<BackendId> Backends,
    ImmutableArray<NamespacedName> Secrets,
    ImmutableArray<NamespacedName> ConfigMaps)
{
    public static IngressFootprint Empty { get; } = new([], [], [], []);

    /// <summary>The backends of its rules: where its session affinity holds. A default backend has none.</summary>
    public ImmutableArray<BackendId> RuleBackends { get; init; } = [];

    public static IngressFootprint Of(IngressResource ingress, IngressSettings settings)
    {
        var ns = ingress.Metadata.Namespace;
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        var backends = new HashSet<BackendId>();
        var ofRules = new HashSet<BackendId>();
        if (BackendOf(ns, ingress.Spec.DefaultBackend, settings) is { } defaultBackend)
        {
            backends.Add(defaultBackend);
            if (ingress.Spec.Rules.Count == 0)
            {
                hosts.Add(VirtualHost.AnyHost);
            }
        }

        if (settings.Substitute is { } substitute)
        {
            backends.Add(substitute);
        }

        foreach (var rule in ingress.Spec.Rules)
        {
            if (HostName.TryNormalise(rule.Host, out var host))
            {
                hosts.Add(host);
            }

            foreach (var path in rule.Http?.Paths ?? [])
            {
                if (BackendOf(ns, path.Backend, settings) is { } backend)
                {
                    ofRules.Add(backend);
                }
            }
        }

        backends.UnionWith(ofRules);
        if (settings.IsCanary)
        {
            // It serves nothing itself; where it takes requests from is for the canary table to find out.
            return new IngressFootprint([], [.. backends], [], []);
        }

        backends.UnionWith(settings.SubrequestBackends);
        var secrets = ingress.Spec.Tls.Where(t => t.SecretName.Length > 0).Select(t => new NamespacedName(ns, t.SecretName)).Concat(settings.Secrets).Distinct();
        return new IngressFootprint([.. hosts], [.. backends], [.. secrets], settings.ConfigMaps) { RuleBackends = [.. ofRules] };
    }

    /// <summary>The backend of a Service reference; null for resources and for nothing at all.</summary>
    public static BackendId? BackendOf(string ns, IngressBackend? backend, IngressSettings settings) =>
        backend?.Service is { Name.Length: > 0 } service
            ? new BackendId(ns, service.Name, service.Port?.Text ?? "", settings.ServiceUpstream ? BackendVariants.ServiceUpstream : "")
            : null;
}

/// <summary>
/// The order in which Ingresses are looked at wherever "the first wins": oldest first, equal ages by
/// <c>namespace/name</c> descending, as ingress-nginx sorts them.
/// </summary>
internal sealed class IngressOrder : IComparer<IngressEntry>
{
    public static IngressOrder Instance { get; } = new();

    public int Compare(IngressEntry? x, IngressEntry? y)
    {
        var byAge = x!.Created.CompareTo(y!.Created);
        if (byAge != 0)
        {
            return byAge;
        }

        var (a, b) = (x.Current.Metadata, y.Current.Metadata);
        return string.CompareOrdinal($"{b.Namespace}/{b.Name}", $"{a.Namespace}/{a.Name}");
    }
}
