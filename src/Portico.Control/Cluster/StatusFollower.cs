using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Status;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.Control.Cluster;

/// <summary>Tells the status writer which Ingresses are served and what their status says. Control thread.</summary>
public sealed class StatusFollower(StatusWriter writer, NamespacedName? publishedService) : ISnapshotObserver
{
    public void Applied(IReadOnlyList<ResourceChange> changes, IResourceView view, TranslationResult result, IngressTranslator translator)
    {
        foreach (var change in changes)
        {
            switch (change.Key.Kind)
            {
                case ResourceKind.Ingress:
                    Follow(change.Key, view, translator);
                    break;
                case ResourceKind.Namespace:
                    foreach (var ingress in view.All<IngressObject>().Where(i => i.Metadata.Namespace == change.Key.Name))
                    {
                        Follow(ingress.Key, view, translator);
                    }

                    break;
                case ResourceKind.Service when publishedService is { } name && change.Key.Namespace == name.Namespace && change.Key.Name == name.Name:
                    writer.LookAgain();
                    break;
            }
        }
    }

    private void Follow(ObjectKey key, IResourceView view, IngressTranslator translator)
    {
        if (view.Find<IngressObject>(key.Namespace, key.Name) is { } ingress && translator.Serves(key))
        {
            writer.Serve(key, ingress.LoadBalancer);
        }
        else
        {
            writer.Forget(key);
        }
    }
}
