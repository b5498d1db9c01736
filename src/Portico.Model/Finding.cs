namespace Portico.Model;

public enum FindingSeverity
{
    /// <summary>Worth knowing; everything asked for is in effect.</summary>
    Info,

    /// <summary>Something asked for is not in effect, or acts differently.</summary>
    Warning,

    /// <summary>The object, or a part of it, is refused.</summary>
    Error,
}

/// <summary>Names the object that a finding is about.</summary>
public readonly record struct ObjectReference(string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>
/// What a translator found wrong with an object, and what it does instead. Bad input is data: never an exception, never silence.
/// </summary>
/// <param name="Field">The field or annotation, e.g. <c>spec.rules[0].http.paths[1].path</c>; empty for the object as a whole.</param>
/// <param name="Reason">A stable word for events and metrics, e.g. <c>AnnotationParsingFailed</c>.</param>
/// <param name="Message">What is wrong and what is done instead, for people.</param>
public sealed record Finding(ObjectReference Object, string Field, FindingSeverity Severity, string Reason, string Message)
{
    public override string ToString() => Field.Length == 0 ? $"{Object}: {Message}" : $"{Object}: {Field}: {Message}";
}
