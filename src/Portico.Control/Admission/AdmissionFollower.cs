using Portico.Ingress;
using Portico.Ingress.Admission;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.Control.Admission;

/// <summary>
/// Holds what runs up to the Ingresses that the cluster asks about. Follows the control loop on its thread; reviews on any, without
/// waiting for it.
/// </summary>
public sealed class AdmissionFollower(IngressAdmission admission) : ISnapshotObserver
{
    private volatile bool _ready;

    /// <summary>Whether there is something to hold a review against: the first snapshot.</summary>
    public bool IsReady => _ready;

    /// <summary>How many Ingresses a review is held against.</summary>
    public int IngressCount => admission.IngressCount;

    public void Applied(IReadOnlyList<ResourceChange> changes, IResourceView view, TranslationResult result, IngressTranslator translator)
    {
        admission.Follow(changes, result.Model, translator);
        _ready = true;
    }

    /// <param name="ingress">The object as the cluster sends it.</param>
    /// <param name="problem">Why it is no Ingress; null when it is one.</param>
    public AdmissionAnswer Review(ReadOnlySpan<byte> ingress, out string? problem)
    {
        if (ObjectText.Read(ResourceKind.Ingress, ingress, out problem) is not IngressObject read)
        {
            return new AdmissionAnswer(false, "", []);
        }

        var verdict = admission.Review(read);
        return new AdmissionAnswer(verdict.Allowed, verdict.Message, verdict.Warnings);
    }
}
