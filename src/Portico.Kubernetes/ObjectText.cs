using Portico.Kubernetes.Reading;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes;

/// <summary>Reads one object that came as JSON from elsewhere than a source.</summary>
public static class ObjectText
{
    /// <param name="problem">What is wrong when there is no result.</param>
    public static KubernetesObject? Read(ResourceKind kind, ReadOnlySpan<byte> utf8, out string? problem)
    {
        var read = ResourceReader.Read(kind, utf8, out var failure);
        problem = read is null ? $"expected {failure.Expected} at byte {failure.Offset}" : null;
        return read;
    }
}
