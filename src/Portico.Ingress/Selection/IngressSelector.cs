using Portico.Kubernetes;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.Selection;

/// <summary>Decides which Ingresses are ours: namespace, class, and the catch-all switch.</summary>
internal sealed class IngressSelector(IngressOptions options)
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    public bool ClassesUnavailable { get; set; }

    /// <summary>
    /// The class is looked up at the moment the Ingress arrives or changes. As with ingress-nginx, a class that comes, goes
    /// or changes its controller later does not move existing Ingresses; their next change does.
    /// </summary>
    public Ownership Select(IngressResource ingress, IResourceView view)
    {
        if (!IsWatched(ingress.Metadata.Namespace, view))
        {
            return Ownership.Foreign;
        }

        var selection = SelectByClass(ingress, view);
        return selection == Ownership.Ours && options.DisableCatchAll && ingress.Spec.DefaultBackend is not null
            ? Ownership.CatchAllDisabled
            : selection;
    }

    private bool IsWatched(string ns, IResourceView view)
    {
        if (options.WatchNamespace.Length > 0)
        {
            return ns == options.WatchNamespace;
        }

        return options.WatchNamespaceSelector is not { } selector
            || (view.Find<Namespace>("", ns) is { } found && selector.Matches(found.Metadata.Labels));
    }

    private Ownership SelectByClass(IngressResource ingress, IResourceView view)
    {
        if (!ClassesUnavailable && ingress.Spec.IngressClassName is { } className)
        {
            if (view.Find<IngressClass>("", className) is not { } ingressClass)
            {
                return Ownership.ClassMissing;
            }

            var ours = ingressClass.Spec.Controller == options.ControllerClass
                || (options.IngressClassByName && className == options.IngressClass);
            return ours ? Ownership.Ours : Ownership.Foreign;
        }

        if (ingress.Metadata.Annotations.TryGetValue(ClassAnnotation, out var annotation))
        {
            // An empty value is a value: it names no class, also not "without class".
            return annotation == options.IngressClass ? Ownership.Ours : Ownership.Foreign;
        }

        return options.WatchIngressWithoutClass ? Ownership.Ours : Ownership.Foreign;
    }
}

internal enum Ownership
{
    Ours,
    Foreign,
    ClassMissing,
    CatchAllDisabled,
}
