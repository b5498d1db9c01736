using System.Text;
using Portico.Install.GoTemplate;

namespace Portico.Install;

/// <summary>What a release is called and where it goes.</summary>
internal sealed record Release(string Name, string Namespace);

/// <summary>
/// The Helm chart of <c>deploy/helm/portico</c>, which travels inside the program: the one description of an installation, rendered here
/// as <c>helm template</c> renders it.
/// </summary>
internal sealed class Chart
{
    private const string Folder = "chart/";

    /// <summary>Kinds that others need come first, as Helm installs them.</summary>
    private static readonly string[] Order =
    [
        "Namespace", "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
        "Service", "DaemonSet", "Deployment", "HorizontalPodAutoscaler", "IngressClass", "ValidatingWebhookConfiguration",
    ];

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    private Chart()
    {
        var assembly = typeof(Chart).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
            _files[name[Folder.Length..]] = reader.ReadToEnd();
        }
    }

    public static Chart Embedded() => new();

    /// <summary>The names of the ways to expose the gateway.</summary>
    public IEnumerable<string> Modes => _files.Keys.Where(f => f.StartsWith("modes/", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f));

    public Dictionary<string, object?> ModeValues(string mode) => ChartYaml.ReadMap(_files[$"modes/{mode}.yaml"], $"modes/{mode}.yaml");

    public ChartValues NewValues() => new(ChartYaml.ReadMap(_files["values.yaml"], "values.yaml"));

    /// <summary>The objects, one YAML document each, in the order in which they are to be applied.</summary>
    /// <exception cref="TemplateException">The values do not fit the chart.</exception>
    public IEnumerable<string> Render(ChartValues values, Release release)
    {
        var about = ChartYaml.ReadMap(_files["Chart.yaml"], "Chart.yaml");
        var root = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Values"] = values.Values,
            ["Chart"] = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["Name"] = about["name"],
                ["Version"] = about["version"],
                ["AppVersion"] = about["appVersion"],
            },
            ["Release"] = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["Name"] = release.Name,
                ["Namespace"] = release.Namespace,
                ["Service"] = "portico",
            },
        };
        var engine = new TemplateEngine();
        var templates = _files.Where(f => f.Key.StartsWith("templates/", StringComparison.Ordinal))
            .Select(f => (f.Key, Nodes: engine.Read(f.Key, f.Value)))
            .ToList();
        return templates
            .Where(t => t.Key.EndsWith(".yaml", StringComparison.Ordinal))
            .SelectMany(t => Documents(t.Key, engine.Render(t.Key, t.Nodes, root)))
            .OrderBy(d => Rank(d.Kind))
            .Select(d => d.Text)
            .ToList();
    }

    private static int Rank(string kind) => Array.IndexOf(Order, kind) is >= 0 and var place ? place : Order.Length;

    private static IEnumerable<(string Kind, string Text)> Documents(string file, string rendered)
    {
        foreach (var text in ("\n" + rendered).Split("\n---\n").Select(t => t.Trim('\n')).Where(t => t.Trim().Length > 0))
        {
            var document = ChartYaml.ReadMap(text, file);
            yield return (document.GetValueOrDefault("kind") as string ?? "", $"# {file}\n{text}\n");
        }
    }
}
