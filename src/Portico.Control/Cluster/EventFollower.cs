using System.Collections.Immutable;
using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Events;
using Portico.Kubernetes.Resources;
using Portico.Model;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.Control.Cluster;

/// <summary>
/// Makes events of what the control loop did: ingress-nginx's <c>Sync</c> for each Ingress that came or changed, its
/// <c>CREATE</c> and <c>UPDATE</c> for the ConfigMaps of the installation, and a warning for each thing that is wrong with an object.
/// Control thread.
/// </summary>
public sealed class EventFollower(EventRecorder recorder, IReadOnlyCollection<ObjectKey> configMaps) : ISnapshotObserver
{
    private const string Networking = "networking.k8s.io/v1";

    private ImmutableDictionary<ObjectReference, ImmutableArray<Finding>> _known = ImmutableDictionary<ObjectReference, ImmutableArray<Finding>>.Empty;

    public void Applied(IReadOnlyList<ResourceChange> changes, IResourceView view, TranslationResult result, IngressTranslator translator)
    {
        foreach (var change in changes)
        {
            if (change.New is IngressObject ingress && translator.Owns(change.Key) && !IsStatusWrite(change))
            {
                recorder.Record(Of(Networking, "Ingress", ingress.Metadata), EventType.Normal, "Sync", "Scheduled for sync");
            }
            else if (change.New is ConfigMap map && configMaps.Contains(change.Key))
            {
                recorder.Record(Of("v1", "ConfigMap", map.Metadata), EventType.Normal, change.Old is null ? "CREATE" : "UPDATE", $"ConfigMap {map.Metadata.Namespace}/{map.Metadata.Name}");
            }
        }

        foreach (var about in result.Changed)
        {
            Warn(about, result.Findings.GetValueOrDefault(about, []), view);
        }

        _known = result.Findings;
    }

    private void Warn(ObjectReference about, ImmutableArray<Finding> findings, IResourceView view)
    {
        if (ReferenceOf(about, view) is not { } reference)
        {
            return;
        }

        foreach (var finding in findings.Except(_known.GetValueOrDefault(about, [])))
        {
            if (finding.Severity != FindingSeverity.Info)
            {
                var message = finding.Field.Length == 0 ? finding.Message : $"{finding.Field}: {finding.Message}";
                recorder.Record(reference, EventType.Warning, finding.Reason, message);
            }
        }
    }

    private static EventReference? ReferenceOf(ObjectReference about, IResourceView view) => about.Kind switch
    {
        "Ingress" when view.Find<IngressObject>(about.Namespace, about.Name) is { } found => Of(Networking, about.Kind, found.Metadata),
        "Service" when view.Find<Service>(about.Namespace, about.Name) is { } found => Of("v1", about.Kind, found.Metadata),
        "ConfigMap" when view.Find<ConfigMap>(about.Namespace, about.Name) is { } found => Of("v1", about.Kind, found.Metadata),
        _ => null,
    };

    private static EventReference Of(string apiVersion, string kind, ObjectMeta meta) =>
        new(apiVersion, kind, meta.Namespace, meta.Name, meta.Uid, meta.ResourceVersion);

    /// <summary>Our own writing of the status is no news.</summary>
    private static bool IsStatusWrite(in ResourceChange change) =>
        change is { Old.Metadata: { } old, New.Metadata: { } now } && old.Generation > 0 && old.Generation == now.Generation && old.Uid == now.Uid
        && old.Annotations.Count == now.Annotations.Count && !old.Annotations.Except(now.Annotations).Any();
}
