namespace Portico.Kubernetes.Events;

/// <summary>The object that an event is about, as <c>involvedObject</c> names it.</summary>
public readonly record struct EventReference(string ApiVersion, string Kind, string Namespace, string Name, string Uid, string ResourceVersion);

public enum EventType
{
    Normal,
    Warning,
}
