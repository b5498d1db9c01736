using Portico.Model;

namespace Portico.Ingress.Annotations;

/// <summary>
/// The checked annotations of one Ingress: what the families read from. Collects what was wrong on the way:
/// findings, the reason to close the Ingress's paths, the reason to refuse the Ingress.
/// </summary>
internal sealed class AnnotationValues(ObjectReference ingress, string prefix)
{
    private readonly Dictionary<AnnotationDeclaration, string> _values = [];
    private readonly HashSet<AnnotationDeclaration> _invalid = [];
    private readonly HashSet<AnnotationDeclaration> _empty = [];
    private readonly HashSet<AnnotationDeclaration> _refusing = [];

    public List<Finding> Findings { get; } = [];

    /// <summary>The Ingress that they are of.</summary>
    public ObjectReference Ingress => ingress;

    /// <summary>Whether Secrets and ConfigMaps of other namespaces may be named.</summary>
    public bool AllowsCrossNamespace { get; init; }

    /// <summary>Why the Ingress is refused as a whole; null when it is accepted.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The first reason to answer 503 on every path of the Ingress.</summary>
    public string? Denial { get; private set; }

    /// <summary>As <see cref="Denial"/>, for paths outside <c>no-auth-locations</c>.</summary>
    public string? AuthenticationDenial { get; private set; }

    /// <summary>The first reason to answer 403 on every path of the hosts.</summary>
    public string? HostDenial { get; private set; }

    /// <summary>The full name with the prefix in use.</summary>
    public string NameOf(AnnotationDeclaration declaration) => AnnotationCatalog.NameOf(declaration, prefix);

    public string? Text(AnnotationDeclaration declaration) => _values.GetValueOrDefault(declaration);

    public bool Has(AnnotationDeclaration declaration) => _values.ContainsKey(declaration);

    public bool? Boolean(AnnotationDeclaration declaration) =>
        Text(declaration) is { } text && ValueRule.TryParseBoolean(text, out var value) ? value : null;

    public int? Integer(AnnotationDeclaration declaration) =>
        Text(declaration) is { } text && ValueRule.TryParseInteger(text, out var value) ? value : null;

    /// <summary>Whether the annotation is there with a value that did not pass.</summary>
    public bool WasInvalid(AnnotationDeclaration declaration) => _invalid.Contains(declaration);

    /// <summary>Whether the annotation's value refuses the Ingress.</summary>
    public bool Refuses(AnnotationDeclaration declaration) => _refusing.Contains(declaration);

    /// <summary>Whether the annotation is there with an empty value.</summary>
    public bool IsEmpty(AnnotationDeclaration declaration) => _empty.Contains(declaration);

    public void Set(AnnotationDeclaration declaration, string value) => _values[declaration] = value;

    public void SetEmpty(AnnotationDeclaration declaration) => _empty.Add(declaration);

    /// <summary>Only blanks: the value counts as absent.</summary>
    public void SetBlank(AnnotationDeclaration declaration)
    {
        _values.Remove(declaration);
        _empty.Add(declaration);
    }

    /// <summary>Records a bad value and does what the declaration says about it.</summary>
    /// <param name="mayRefuse">Whether the declaration may refuse the Ingress; otherwise its default is used instead.</param>
    public void SetInvalid(AnnotationDeclaration declaration, string problem, bool mayRefuse = true)
    {
        _invalid.Add(declaration);
        _values.Remove(declaration);
        var name = NameOf(declaration);
        switch (declaration.OnInvalid)
        {
            case InvalidValue.DropsIngress when mayRefuse:
                _refusing.Add(declaration);
                Refuse(declaration, $"annotation {name} contains invalid value: {problem}");
                break;
            case InvalidValue.ClosesLocation:
                Close(declaration, AccessGuard.Location, $"annotation {name} contains invalid value: {problem}");
                break;
            default:
                Warn(declaration, "AnnotationParsingFailed", $"invalid value ({problem}); the default ({declaration.Default}) is used");
                break;
        }
    }

    public void Refuse(AnnotationDeclaration declaration, string reason) => Refuse(NameOf(declaration), reason);

    /// <param name="name">The annotation as the Ingress writes it.</param>
    public void Refuse(string name, string reason)
    {
        Refusal ??= reason;
        Findings.Add(new Finding(ingress, name, FindingSeverity.Error, "AnnotationParsingFailed", reason));
    }

    /// <summary>Answers 503 instead of serving without a protection that was asked for.</summary>
    public void Close(AnnotationDeclaration declaration, AccessGuard guard, string reason)
    {
        switch (guard)
        {
            case AccessGuard.Authentication:
                AuthenticationDenial ??= reason;
                break;
            case AccessGuard.Host:
                HostDenial ??= reason;
                break;
            default:
                Denial ??= reason;
                break;
        }

        Add(declaration, FindingSeverity.Error, "AnnotationParsingFailed", $"{reason}; {(guard == AccessGuard.Host ? "the hosts answer 403" : "the paths answer 503")}");
    }

    public void Warn(AnnotationDeclaration declaration, string reason, string message) =>
        Add(declaration, FindingSeverity.Warning, reason, message);

    private void Add(AnnotationDeclaration declaration, FindingSeverity severity, string reason, string message) =>
        Findings.Add(new Finding(ingress, NameOf(declaration), severity, reason, message));
}
