namespace Portico.Kubernetes.Sources;

/// <summary>Which names in a folder count.</summary>
internal static class ManifestNames
{
    /// <summary>kubectl's extensions.</summary>
    public static bool IsManifest(string name) =>
        !IsIgnored(name) && Path.GetExtension(name) is ".yaml" or ".yml" or ".json";

    /// <summary>
    /// Hidden names: also <c>..data</c> of a mounted ConfigMap and vim's <c>.foo.swp</c>; <c>foo~</c> and
    /// <c>#foo#</c> are other editors' temporaries.
    /// </summary>
    public static bool IsIgnored(string name) => name.StartsWith('.') || name.EndsWith('~') || (name.StartsWith('#') && name.EndsWith('#'));
}
