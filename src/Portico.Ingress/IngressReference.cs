using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;

namespace Portico.Ingress;

/// <summary>What the declarations of annotations and keys say, in words: the generated reference pages are made of it.</summary>
public static class IngressReference
{
    /// <summary>In alphabetical order.</summary>
    public static IEnumerable<AnnotationReference> Annotations => AnnotationCatalog.Declarations
        .OrderBy(d => d.Suffix, StringComparer.Ordinal)
        .Select(d => new AnnotationReference(d.Name, d.Doc)
        {
            Alias = d.Alias,
            Values = d.Value.Description,
            Default = d.Default,
            ConfigKey = d.ConfigKey,
            Risk = d.Risk.ToString(),
            Scope = d.Scope.ToString(),
            Invalid = d.OnInvalid switch
            {
                InvalidValue.DropsIngress => "the Ingress is refused",
                InvalidValue.ClosesLocation => "its paths answer 503",
                InvalidValue.NotChecked => "not checked",
                _ => "the default holds",
            },
            Effect = EffectOf(d),
            Difference = d.Difference,
        });

    /// <summary>In alphabetical order.</summary>
    public static IEnumerable<ConfigKeyReference> ConfigKeys => Configuration.ConfigKeys.All
        .OrderBy(k => k.Name, StringComparer.Ordinal)
        .Select(k => new ConfigKeyReference(k.Name, k.Effect == ConfigEffect.NoMeaning ? "" : k.Doc)
        {
            Default = k.Default,
            HasAnnotation = AnnotationCatalog.Declarations.Any(d => d.ConfigKey == k.Name),
            Effect = k.Effect switch
            {
                ConfigEffect.InEffect => "",
                ConfigEffect.NoMeaning => $"Accepted without effect: {k.Remark}.",
                ConfigEffect.NotYet => $"Not in effect, because {k.Remark}: reported when it is set.",
                _ => $"Not in effect, because {k.Remark}: reported as an error when it is set, since it may guard access.",
            },
            Difference = k.Difference,
        });

    private static string EffectOf(AnnotationDeclaration declaration) => declaration.Effect switch
    {
        AnnotationEffect.InEffect => "",
        AnnotationEffect.NoMeaning => $"Accepted without effect: {declaration.Because}.",
        _ when declaration.Risk == AnnotationRisk.Critical =>
            $"Never executed, because {declaration.Because}: left out and reported, or its paths answer 503 when it holds words of access control.",
        _ => declaration.Guards switch
        {
            AccessGuard.None => $"Not in effect, because {declaration.Because}: reported when it is used.",
            AccessGuard.Host => $"Not in effect, because {declaration.Because}: every path of the host answers 503.",
            AccessGuard.Authentication => $"Not in effect, because {declaration.Because}: its paths answer 503, except those in no-auth-locations.",
            _ => $"Not in effect, because {declaration.Because}: its paths answer 503.",
        },
    };
}

/// <summary>One annotation for readers.</summary>
public sealed record AnnotationReference(string Name, string Meaning)
{
    public string? Alias { get; init; }

    public string Values { get; init; } = "";

    public string Default { get; init; } = "";

    /// <summary>The key of the ConfigMap that holds the installation's default.</summary>
    public string? ConfigKey { get; init; }

    public string Risk { get; init; } = "";

    public string Scope { get; init; } = "";

    public string Invalid { get; init; } = "";

    /// <summary>Empty when it simply acts.</summary>
    public string Effect { get; init; } = "";

    /// <summary>What is otherwise in ingress-nginx; empty for nothing.</summary>
    public string Difference { get; init; } = "";
}

/// <summary>One key of the ConfigMap for readers.</summary>
public sealed record ConfigKeyReference(string Name, string Meaning)
{
    public string Default { get; init; } = "";

    public bool HasAnnotation { get; init; }

    /// <summary>Empty when it simply acts.</summary>
    public string Effect { get; init; } = "";

    /// <summary>What is otherwise in ingress-nginx; empty for nothing.</summary>
    public string Difference { get; init; } = "";
}
