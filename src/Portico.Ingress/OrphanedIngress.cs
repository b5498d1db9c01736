namespace Portico.Ingress;

/// <summary>An Ingress that leads to a Service port with nothing behind it.</summary>
/// <param name="ServiceMissing">Whether the Service itself does not exist; otherwise it has no endpoints.</param>
public readonly record struct OrphanedIngress(string Namespace, string Name, bool ServiceMissing);
