using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Ingress.Selection;
using Portico.Kubernetes;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>One Ingress, looked at: its settings, and why it is refused if it is.</summary>
internal sealed record Evaluation(IngressSettings Settings, List<Finding> Findings, bool Refused);

/// <summary>Checks an Ingress and reads its annotations. Knows nothing of hosts or other Ingresses.</summary>
internal sealed class IngressEvaluator(IngressOptions options, PolicyCache cache)
{
    private readonly AnnotationReader _reader = new(new AnnotationCatalog(options.AnnotationsPrefix), options.EnableAnnotationValidation);

    public Evaluation Evaluate(IngressResource ingress, ObjectReference reference, GlobalConfiguration configuration, IResourceView view)
    {
        var values = _reader.Read(ingress, reference, configuration.Policy);
        var metadata = ingress.Metadata;
        var sources = new SettingsSources(
            configuration.Routes, configuration.Policy, metadata.Namespace, $"{metadata.Namespace}/{metadata.Name}/{metadata.Uid}",
            options.ClusterDomain, options.HttpsPort);
        var settings = IngressSettings.From(values, sources, cache, view);
        if (CustomHeaders.Reference(values) is { } map && map.Namespace != reference.Namespace && !configuration.Policy.AllowCrossNamespaceResources)
        {
            // Read all the same, as ingress-nginx does; the documentation promises otherwise, so it is said.
            values.Warn(CustomHeaders.CustomHeadersMap, "CrossNamespaceReference", $"the ConfigMap {map} belongs to another namespace");
        }

        if (settings.SslPassthrough && !options.EnableSslPassthrough)
        {
            values.Warn(HostTls.Passthrough, "FlagMissing", "has no effect without --enable-ssl-passthrough; TLS ends here");
            settings = settings with { SslPassthrough = false };
        }

        var findings = values.Findings;
        AddHostFindings(ingress, reference, findings);
        var refused = values.Refusal is not null;
        if (options.DeepInspect && DeepInspection.Inspect(ingress, reference) is { } offence)
        {
            findings.Add(offence);
            refused = true;
        }

        return new Evaluation(settings, findings, refused);
    }

    private static void AddHostFindings(IngressResource ingress, ObjectReference reference, List<Finding> findings)
    {
        for (var r = 0; r < ingress.Spec.Rules.Count; r++)
        {
            if (!HostName.TryNormalise(ingress.Spec.Rules[r].Host, out _))
            {
                findings.Add(new Finding(
                    reference, $"spec.rules[{r}].host", FindingSeverity.Error, "InvalidHost", $"'{ingress.Spec.Rules[r].Host}' is no host name; the rule is left out"));
            }
        }
    }
}
