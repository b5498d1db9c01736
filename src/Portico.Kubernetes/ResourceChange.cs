using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes;

/// <summary>One object that came, changed or went. <see cref="Old"/> is null for an added one, <see cref="New"/> for a removed one.</summary>
public readonly record struct ResourceChange(KubernetesObject? Old, KubernetesObject? New)
{
    public ObjectKey Key => (New ?? Old)!.Key;
}
