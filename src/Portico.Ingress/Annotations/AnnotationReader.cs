using Portico.Ingress.Configuration;
using Portico.Model;

namespace Portico.Ingress.Annotations;

/// <summary>
/// Reads the annotations of an Ingress against their declarations: unknown names, risk, forbidden words, validity, and
/// annotations that are not in effect yet. What a valid value means is the families' business.
/// </summary>
internal sealed class AnnotationReader(AnnotationCatalog catalog, bool validate)
{
    public AnnotationValues Read(IngressResource ingress, ObjectReference reference, AnnotationPolicy policy)
    {
        var values = new AnnotationValues(reference, catalog.Prefix) { AllowsCrossNamespace = policy.AllowCrossNamespaceResources };
        foreach (var name in ingress.Metadata.Annotations.Keys)
        {
            if (AnnotationCatalog.FindBare(name) is { } bare)
            {
                CheckRisk(values, bare, name, policy);
            }
        }

        foreach (var (name, value) in Own(ingress))
        {
            CheckWords(values, name, value, policy);
            if (catalog.Find(name) is not { } declaration)
            {
                values.Findings.Add(Unknown(reference, name));
                continue;
            }

            CheckRisk(values, declaration, name, policy);
            Take(values, declaration, name, value, ingress);
        }

        foreach (var declaration in AnnotationCatalog.Declarations)
        {
            if (values.Text(declaration) is { } value)
            {
                Validate(values, declaration, value);
            }
        }

        ReportMissingEffects(values, policy);
        return values;
    }

    private IEnumerable<KeyValuePair<string, string>> Own(IngressResource ingress) => ingress.Metadata.Annotations.Where(a => catalog.Covers(a.Key));

    private Finding Unknown(ObjectReference reference, string name)
    {
        var hint = catalog.Closest(name) is { } closest ? $"; did you mean {closest}?" : "";
        return new Finding(reference, name, FindingSeverity.Warning, "UnknownAnnotation", $"there is no such annotation, it has no effect{hint}");
    }

    /// <summary>Risk counts for every annotation that is there, whether or not it would act.</summary>
    private static void CheckRisk(AnnotationValues values, AnnotationDeclaration declaration, string name, AnnotationPolicy policy)
    {
        if (declaration.Risk > policy.RiskLevel)
        {
            values.Refuse(name, $"annotation {name} has the risk {declaration.Risk}, above annotations-risk-level {policy.RiskLevel}");
        }
    }

    /// <summary>Forbidden words count in annotations that nobody knows, too.</summary>
    private static void CheckWords(AnnotationValues values, string name, string value, AnnotationPolicy policy)
    {
        foreach (var word in policy.ForbiddenWords)
        {
            if (value.Contains(word, StringComparison.Ordinal))
            {
                values.Refuse(name, $"{name} annotation contains invalid word {word}");
            }
        }
    }

    /// <summary>The main name wins over its alias unless it is empty.</summary>
    private static void Take(AnnotationValues values, AnnotationDeclaration declaration, string name, string value, IngressResource ingress)
    {
        if (value.Length == 0)
        {
            values.SetEmpty(declaration);
            return;
        }

        var isAlias = !name.EndsWith('/' + declaration.Suffix, StringComparison.Ordinal);
        if (isAlias && ingress.Metadata.Annotations.TryGetValue(values.NameOf(declaration), out var main) && main.Length > 0)
        {
            return;
        }

        values.Set(declaration, value);
    }

    private void Validate(AnnotationValues values, AnnotationDeclaration declaration, string value)
    {
        if (declaration.ReadWith is { } needed && !values.WasInvalid(needed) && (!values.Has(needed) || (declaration.ReadWhenOn && values.Boolean(needed) != true)))
        {
            return;
        }

        var isWord = declaration.Value == ValueRule.Boolean || declaration.Value == ValueRule.Integer;
        if ((validate || isWord || declaration.Value == ValueRule.AddressRanges) && !declaration.Value.Accepts(value))
        {
            // A word that is none has to count as absent also without validation, which alone would refuse the Ingress for it.
            values.SetInvalid(declaration, $"'{Shorten(value)}' is not {declaration.Value.Description}", mayRefuse: validate || !isWord);
            return;
        }

        // Values end up in headers. Control characters are refused even with validation switched off; snippets alone may have lines.
        var text = TrimLines(value);
        if (declaration.Value.AllowsLines)
        {
            text = text.Replace("\n", "", StringComparison.Ordinal);
        }

        if (declaration.OnInvalid != InvalidValue.NotChecked && text.Any(char.IsControl))
        {
            values.SetInvalid(declaration, "it holds control characters");
            return;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            values.SetBlank(declaration);
            return;
        }

        values.Set(declaration, text);
    }

    private static void ReportMissingEffects(AnnotationValues values, AnnotationPolicy policy)
    {
        foreach (var declaration in AnnotationCatalog.NotInEffect)
        {
            if (values.Text(declaration) is not { } value || AsksForNothing(declaration, value)
                || (declaration.ReadWith is { } needed && (!values.Has(needed) || (declaration.ReadWhenOn && values.Boolean(needed) != true))))
            {
                continue;
            }

            if (declaration.Risk == AnnotationRisk.Critical)
            {
                Snippets.Report(values, declaration, value, policy.AllowSnippets);
            }
            else if (declaration.Guards != AccessGuard.None)
            {
                values.Close(declaration, declaration.Guards, $"annotation {values.NameOf(declaration)} is not in effect yet, and it guards access");
            }
            else
            {
                values.Warn(declaration, "AnnotationNotInEffect", "is not in effect yet");
            }
        }
    }

    /// <summary>A switch that is off, a limit of zero, or the default in words.</summary>
    private static bool AsksForNothing(AnnotationDeclaration declaration, string value) =>
        string.Equals(declaration.Default, value, StringComparison.OrdinalIgnoreCase)
        || (declaration.Value == ValueRule.Boolean && ValueRule.TryParseBoolean(value, out var on) && !on)
        || (declaration.Value == ValueRule.Integer && ValueRule.TryParseInteger(value, out var number) && number == 0);

    private static string TrimLines(string value) =>
        value.Contains('\n', StringComparison.Ordinal) ? string.Join('\n', value.Split('\n').Select(l => l.Trim())).Trim() : value.Trim();

    private static string Shorten(string value) => value.Length <= 60 ? value : value[..60] + "…";
}
