namespace Portico.Kubernetes.Manifests;

/// <summary>
/// Explains how to write an Ingress of the removed versions in networking.k8s.io/v1, with the object's own back end
/// as the example (pathType became required, serviceName and servicePort moved).
/// </summary>
internal static class IngressV1Beta1
{
    public static bool IsApiVersion(string apiVersion) => apiVersion is "extensions/v1beta1" or "networking.k8s.io/v1beta1";

    public static string Explain(YamlMapping ingress, string apiVersion)
    {
        var message = $"apiVersion: {apiVersion} was removed in Kubernetes 1.22; write networking.k8s.io/v1";
        var spec = ingress.Find("spec") as YamlMapping;
        var backends = Paths(spec).ToList();
        if (backends.Count > 0)
        {
            var (place, path) = backends[0];
            var others = backends.Count > 1 ? $" (and the other {backends.Count - 1} likewise)" : "";
            return $"{message}, and {place} as {{path: {Quote(path.FindString("path") ?? "/")}, "
                + $"pathType: {path.FindString("pathType") ?? "ImplementationSpecific"}, backend: {Backend(path.Find("backend"))}}}{others}";
        }

        return spec?.Find("backend") is YamlMapping only ? $"{message}, and spec.backend as defaultBackend: {Backend(only)}" : message;
    }

    private static IEnumerable<(string Place, YamlMapping Path)> Paths(YamlMapping? spec)
    {
        var rules = (spec?.Find("rules") as YamlSequence)?.Items ?? [];
        for (var rule = 0; rule < rules.Count; rule++)
        {
            var http = (rules[rule] as YamlMapping)?.Find("http") as YamlMapping;
            var paths = (http?.Find("paths") as YamlSequence)?.Items ?? [];
            for (var path = 0; path < paths.Count; path++)
            {
                if (paths[path] is YamlMapping mapping)
                {
                    yield return (FormattableString.Invariant($"spec.rules[{rule}].http.paths[{path}]"), mapping);
                }
            }
        }
    }

    private static string Backend(YamlNode? backend)
    {
        var mapping = backend as YamlMapping;
        var name = mapping?.FindString("serviceName") ?? "NAME";
        var port = mapping?.Find("servicePort") switch
        {
            YamlScalar { Kind: YamlScalarKind.Number } number => "number: " + number.Value,
            YamlScalar { Kind: YamlScalarKind.String, Value.Length: > 0 } text when text.Value.All(char.IsAsciiDigit) => "number: " + text.Value,
            YamlScalar { Kind: YamlScalarKind.String } text => "name: " + Quote(text.Value),
            _ => "number: PORT",
        };
        return $"{{service: {{name: {Quote(name)}, port: {{{port}}}}}}}";
    }

    /// <summary>In a flow mapping only plain words may stand without quotes.</summary>
    private static string Quote(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '_')
            && YamlScalars.Plain(0, text).Kind == YamlScalarKind.String
            ? text
            : "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
