using Portico.Ingress.Annotations;
using Portico.Ingress.Selection;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Admission;

/// <summary>
/// Reviews one Ingress before the cluster takes it, against what runs; the checks, their order and their words are those of
/// ingress-nginx:
/// 1. one that is being deleted passes; 2. text known from attacks; 3. not our class, 4. not our namespace: passes; 5. a catch-all
/// where those are off; 6. its uid; 7. paths and their types; 8. annotations by name and words; 9. by risk and value; 10. host and
/// path that another Ingress serves. Nothing of other Ingresses is translated. The control loop writes the state, any thread reviews.
/// </summary>
public sealed class IngressAdmission
{
    private readonly IngressOptions _options;
    private readonly AnnotationCatalog _catalog;
    private readonly AnnotationReader _reader;
    private volatile AdmissionState _state = new();

    public IngressAdmission(IngressOptions options)
    {
        _options = options;
        _catalog = new AnnotationCatalog(options.AnnotationsPrefix);
        _reader = new AnnotationReader(_catalog, options.EnableAnnotationValidation);
    }

    /// <summary>How many Ingresses a review is held against.</summary>
    public int IngressCount => _state.Ingresses.Count;

    /// <summary>After a round of the control loop, on its thread.</summary>
    public void Follow(IReadOnlyList<ResourceChange> changes, GatewayModel model, IngressTranslator translator)
    {
        var (ingresses, deciding) = (_state.Ingresses.ToBuilder(), _state.Deciding.ToBuilder());
        foreach (var change in changes)
        {
            switch (change.Key.Kind)
            {
                case ResourceKind.Ingress when change.New is IngressResource ingress:
                    ingresses[change.Key] = ingress;
                    break;
                case ResourceKind.Ingress:
                    ingresses.Remove(change.Key);
                    break;
                case ResourceKind.IngressClass or ResourceKind.Namespace when change.New is { } found:
                    deciding[change.Key] = found;
                    break;
                case ResourceKind.IngressClass or ResourceKind.Namespace:
                    deciding.Remove(change.Key);
                    break;
            }
        }

        _state = new AdmissionState
        {
            Model = model,
            Configuration = translator.Configuration,
            ClassesUnavailable = translator.ClassesUnavailable,
            Ingresses = ingresses.ToImmutable(),
            Deciding = deciding.ToImmutable(),
        };
    }

    public AdmissionVerdict Review(IngressResource ingress)
    {
        var state = _state;
        var meta = ingress.Metadata;
        if (meta.DeletionTimestamp is not null)
        {
            return AdmissionVerdict.Allow();
        }

        if (_options.DeepInspect && InspectionRefusal(ingress) is { } offence)
        {
            return AdmissionVerdict.Refuse($"invalid object: {offence}");
        }

        var selector = new IngressSelector(_options with { DisableCatchAll = false }) { ClassesUnavailable = state.ClassesUnavailable };
        if (selector.Select(ingress, state) != Ownership.Ours)
        {
            return AdmissionVerdict.Allow();
        }

        if (_options.DisableCatchAll && ingress.Spec.DefaultBackend is not null)
        {
            return AdmissionVerdict.Refuse(
                "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. Remove '.spec.defaultBackend' or set DisableCatchAll flag to false");
        }

        if (!Guid.TryParse(meta.Uid, out _))
        {
            return AdmissionVerdict.Refuse($"ingress has invalid UID: invalid UUID '{meta.Uid}'");
        }

        return ReviewOwn(ingress, state);
    }

    private AdmissionVerdict ReviewOwn(IngressResource ingress, AdmissionState state)
    {
        var reference = new ObjectReference("Ingress", ingress.Metadata.Namespace, ingress.Metadata.Name);
        var paths = PathReview.Unfit(ingress);
        var values = _reader.Read(ingress, reference, state.Configuration.Policy);
        var annotations = new AnnotationReview(_catalog, state.Configuration.Policy, _options);
        string[] warnings = [.. annotations.Warnings(ingress, values), .. paths];
        var refusal =
            paths.Count > 0 && state.Configuration.Policy.StrictPathTypes ? "ingress contains invalid paths: " + string.Join('\n', paths)
            : annotations.RefusalByName(ingress) ?? annotations.RefusalByValue(ingress, values) ?? PathReview.Overlap(ingress, state, _catalog.Prefix);
        return refusal is null ? AdmissionVerdict.Allow([.. warnings]) : AdmissionVerdict.Refuse(refusal, [.. warnings]);
    }

    private static string? InspectionRefusal(IngressResource ingress)
    {
        if (DeepInspection.FindOffence(ingress) is not { } found)
        {
            return null;
        }

        var name = $"{ingress.Metadata.Namespace}/{ingress.Metadata.Name}";
        return found.Field switch
        {
            _ when found.Field.EndsWith(".secretName", StringComparison.Ordinal) => $"invalid secret in ingress {name}: invalid value found: {found.Value}",
            _ when found.Field.EndsWith(".path", StringComparison.Ordinal) => $"invalid rule in ingress {name}: invalid http path: invalid value found: {found.Value}",
            _ when found.Field.StartsWith("spec.tls", StringComparison.Ordinal) => $"invalid host in ingress tls config {name}: invalid value found: {found.Value}",
            _ => $"invalid host in ingress {name}: invalid value found: {found.Value}",
        };
    }
}
