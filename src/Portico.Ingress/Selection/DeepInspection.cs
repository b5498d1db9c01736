using Portico.Model;

namespace Portico.Ingress.Selection;

/// <summary>
/// Refuses Ingresses whose hosts, paths or TLS names hold text that only makes sense as an attack on an nginx configuration
/// (<c>--deep-inspect</c>). Nothing here is ever put into a configuration text; the check keeps what clusters rely on.
/// </summary>
internal static class DeepInspection
{
    private static readonly string[] ForbiddenFiles =
        ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/nginx", "/etc/ingress-controller", "/var/run/secrets"];

    /// <summary>The first field that fails, or null.</summary>
    public static Finding? Inspect(IngressResource ingress, ObjectReference reference) =>
        FindOffence(ingress) is { } found
            ? new Finding(reference, found.Field, FindingSeverity.Error, "DeepInspection", $"'{found.Value}' holds {found.Offence}")
            : null;

    /// <summary>The first field that fails, its value, and what is wrong with it.</summary>
    public static (string Field, string Value, string Offence)? FindOffence(IngressResource ingress)
    {
        foreach (var (field, value) in InspectedFields(ingress))
        {
            if (Offence(value) is { } offence)
            {
                return (field, value, offence);
            }
        }

        return null;
    }

    private static IEnumerable<(string Field, string Value)> InspectedFields(IngressResource ingress)
    {
        for (var r = 0; r < ingress.Spec.Rules.Count; r++)
        {
            yield return ($"spec.rules[{r}].host", ingress.Spec.Rules[r].Host);
            var paths = ingress.Spec.Rules[r].Http?.Paths ?? [];
            for (var p = 0; p < paths.Count; p++)
            {
                yield return ($"spec.rules[{r}].http.paths[{p}].path", paths[p].Path);
            }
        }

        for (var t = 0; t < ingress.Spec.Tls.Count; t++)
        {
            yield return ($"spec.tls[{t}].secretName", ingress.Spec.Tls[t].SecretName);
            foreach (var host in ingress.Spec.Tls[t].Hosts)
            {
                yield return ($"spec.tls[{t}].hosts", host);
            }
        }
    }

    private static string? Offence(string value)
    {
        if (HasDirective(value, "alias"))
        {
            return "an alias directive";
        }

        if (HasDirective(value, "root"))
        {
            return "a root directive";
        }

        if (value.Contains("_by_lua", StringComparison.Ordinal))
        {
            return "a Lua directive";
        }

        return Array.Find(ForbiddenFiles, f => value.Contains(f, StringComparison.Ordinal)) is { } file ? $"the path {file}" : null;
    }

    private static bool HasDirective(string value, string word)
    {
        var at = value.IndexOf(word, StringComparison.Ordinal);
        return at >= 0 && value.IndexOf(';', at) >= 0;
    }
}
