using Portico.Ingress;
using Portico.Kubernetes;

namespace Portico.Control;

/// <summary>Is told after each round of the control loop, on its thread: the status of Ingresses, events, and admission follow from it.</summary>
public interface ISnapshotObserver
{
    /// <param name="changes">What came, changed or went in this round.</param>
    /// <param name="view">The objects as they are now; to be read during the call only.</param>
    /// <param name="translator">Whose result this is; to be asked during the call only.</param>
    void Applied(IReadOnlyList<ResourceChange> changes, IResourceView view, TranslationResult result, IngressTranslator translator);
}
