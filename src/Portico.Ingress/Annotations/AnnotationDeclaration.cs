using System.Runtime.CompilerServices;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.Annotations;

/// <summary>
/// Everything there is to know about one annotation, written down once: parsing, the risk check, messages, "unknown name"
/// hints and the generated reference page all read it.
/// </summary>
/// <param name="Name">
/// The whole name. With <c>--annotations-prefix</c> the part before the slash is another one, except for <see cref="OwnPrefix"/>, which
/// holds what ingress-nginx does not have.
/// </param>
/// <param name="Default">What holds without the annotation, for people.</param>
internal sealed record AnnotationDeclaration(
    string Name,
    AnnotationRisk Risk,
    ValueRule Value,
    InvalidValue OnInvalid,
    string Default,
    string Doc)
{
    /// <summary>The prefix of annotations that are Portico's own.</summary>
    public const string OwnPrefix = "portico.dev";

    /// <summary>Whether the name is Portico's own, whatever prefix is in use.</summary>
    public bool IsOwn { get; } = Name.StartsWith(OwnPrefix + "/", StringComparison.Ordinal);

    /// <summary>What the upstream documentation calls scope; it has no effect of its own.</summary>
    public AnnotationScope Scope { get; init; } = AnnotationScope.Location;

    /// <summary>An older name with the same meaning, read when this one is absent or empty.</summary>
    public string? Alias { get; init; }

    /// <summary>The ConfigMap key that holds the installation's default.</summary>
    public string? ConfigKey { get; init; }

    /// <summary>The annotation is only looked at when this one has a value.</summary>
    public AnnotationDeclaration? ReadWith { get; init; }

    /// <summary>Whether <see cref="ReadWith"/> is a switch that has to be on.</summary>
    public bool ReadWhenOn { get; init; }

    /// <summary>The kind of object that the value names, as name or namespace/name: a cluster is asked for it (<see cref="References.IngressReferences"/>).</summary>
    public ResourceKind? Names { get; init; }

    public AnnotationEffect Effect { get; init; } = AnnotationEffect.InEffect;

    /// <summary>Why it is not in effect, or has no meaning: half a sentence for the reference page. Empty for one that acts.</summary>
    public string Because { get; init; } = "";

    /// <summary>What is closed while an annotation that guards access is not in effect yet.</summary>
    public AccessGuard Guards { get; init; }

    /// <summary>What is otherwise in ingress-nginx, one sentence for the reference page; empty for nothing.</summary>
    public string Difference { get; init; } = "";

    /// <summary>The name without its prefix.</summary>
    public string Suffix { get; } = Name[(Name.IndexOf('/') + 1)..];

    /// <summary>Declarations are compared by identity: each exists once.</summary>
    public bool Equals(AnnotationDeclaration? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
}

/// <summary>Compared with the ConfigMap key <c>annotations-risk-level</c>.</summary>
internal enum AnnotationRisk
{
    Low,
    Medium,
    High,
    Critical,
}

internal enum AnnotationScope
{
    Location,
    Ingress,
}

/// <summary>What an invalid value does.</summary>
internal enum InvalidValue
{
    /// <summary>The annotation counts as absent.</summary>
    UsesDefault,

    /// <summary>The whole Ingress is refused; its last valid version stays in force.</summary>
    DropsIngress,

    /// <summary>Every path of the Ingress answers 503.</summary>
    ClosesLocation,

    /// <summary>There is no invalid value.</summary>
    NotChecked,
}

internal enum AnnotationEffect
{
    InEffect,

    /// <summary>Known and checked, without effect in this version.</summary>
    NotYet,

    /// <summary>Tunes the inside of nginx; there is nothing it could change here.</summary>
    NoMeaning,
}

internal enum AccessGuard
{
    None,

    /// <summary>Closes the Ingress's paths.</summary>
    Location,

    /// <summary>Closes the Ingress's paths except those in <c>no-auth-locations</c>.</summary>
    Authentication,

    /// <summary>Closes every path of the Ingress's hosts, also those of other Ingresses.</summary>
    Host,
}
