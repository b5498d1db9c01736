using System.Text;
using Portico.Kubernetes.Manifests;

namespace Portico.Kubernetes.Api.Configuration;

/// <summary>
/// One or several kubeconfig files, merged as kubectl does: of a cluster, user or context that several files name the first one
/// counts, and so does the first current-context. Paths in a file are relative to its folder.
/// </summary>
internal sealed class KubeConfig
{
    private readonly Dictionary<string, KubeConfigEntry> _clusters = [], _users = [], _contexts = [];
    private readonly List<string> _files = [];
    private string _currentContext = "";

    private KubeConfig()
    {
    }

    private string Files => string.Join(':', _files);

    /// <param name="mustExist">False for <c>KUBECONFIG</c>, in which names of missing files are passed over.</param>
    public static KubeConfig Load(IReadOnlyList<string> files, bool mustExist)
    {
        var config = new KubeConfig();
        foreach (var file in files.Select(Path.GetFullPath))
        {
            if (mustExist || File.Exists(file))
            {
                config.Add(file);
            }
        }

        return config._files.Count > 0
            ? config
            : throw new ApiConfigurationException($"KUBECONFIG={string.Join(Path.PathSeparator, files)}: none of these files exists");
    }

    /// <param name="context">Empty for the current one.</param>
    public ApiConnection Connect(string context)
    {
        var name = context.Length > 0 ? context : _currentContext;
        if (name.Length == 0)
        {
            throw new ApiConfigurationException(
                $"kubeconfig {Files}: current-context is not set; give --context, or run: kubectl config use-context NAME{Known(_contexts)}");
        }

        var chosen = Find(_contexts, name, context.Length > 0 ? "--context" : $"kubeconfig {Files}: current-context", "context");
        var clusterName = chosen.Required("cluster");
        var cluster = Find(_clusters, clusterName, chosen.At("cluster"), "cluster");
        var user = chosen.Text("user") is { } userName ? Find(_users, userName, chosen.At("user"), "user") : null;
        return KubeConfigConnection.Make(cluster, user) with
        {
            Origin = $"kubeconfig {Files} (context {name})",
            Namespace = chosen.Text("namespace") ?? "",
        };
    }

    private void Add(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file, Encoding.UTF8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ApiConfigurationException($"kubeconfig {file} cannot be read: {error.Message}", error);
        }

        _files.Add(file);
        var tree = YamlTree.Parse(text);
        if (tree.Error is { } broken)
        {
            throw new ApiConfigurationException($"kubeconfig {file}:{broken.Line}: {broken.Message}");
        }

        if (tree.Roots is not [YamlMapping root, ..])
        {
            // kubectl takes an empty file for an empty configuration.
            return;
        }

        _currentContext = _currentContext.Length > 0 ? _currentContext : root.FindString("current-context") ?? "";
        Take(root, "clusters", "cluster", file, _clusters);
        Take(root, "users", "user", file, _users);
        Take(root, "contexts", "context", file, _contexts);
    }

    private static void Take(YamlMapping root, string list, string kind, string file, Dictionary<string, KubeConfigEntry> into)
    {
        if (root.Find(list) is not YamlSequence sequence)
        {
            return;
        }

        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (sequence.Items[i] is not YamlMapping item || item.FindString("name") is not { Length: > 0 } name)
            {
                throw new ApiConfigurationException($"kubeconfig {file}:{sequence.Items[i].Line}: {list}[{i}].name: required");
            }

            into.TryAdd(name, new KubeConfigEntry(file, $"{list}[{i}].{kind}", item.Find(kind) as YamlMapping));
        }
    }

    private static KubeConfigEntry Find(Dictionary<string, KubeConfigEntry> entries, string name, string place, string kind) =>
        entries.TryGetValue(name, out var entry) ? entry
            : throw new ApiConfigurationException($"{place}: there is no {kind} '{name}'{Known(entries)}");

    private static string Known(Dictionary<string, KubeConfigEntry> entries) =>
        entries.Count == 0 ? "" : $"; there are: {string.Join(", ", entries.Keys.Order(StringComparer.Ordinal))}";
}

/// <summary>The fields of one cluster, user or context, with the place to name in errors.</summary>
internal sealed record KubeConfigEntry(string File, string Path, YamlMapping? Fields)
{
    public string At(string field) => $"kubeconfig {File}: {Path}.{field}";

    /// <summary>Null when absent or empty. A number or boolean counts as its text, as a token of digits may.</summary>
    public string? Text(string field) => Fields?.Find(field) is YamlScalar { Kind: not YamlScalarKind.Null, Text.Length: > 0 } scalar ? scalar.Text : null;

    public string Required(string field) => Text(field) ?? throw new ApiConfigurationException($"{At(field)}: required");

    public bool Flag(string field) => Text(field) is "true";

    /// <summary>A path, relative to the folder of the kubeconfig.</summary>
    public string? FilePath(string field) =>
        Text(field) is { } path ? System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(File)!) : null;

    /// <summary>Base64, decoded.</summary>
    public byte[]? Data(string field)
    {
        if (Text(field) is not { } text)
        {
            return null;
        }

        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException error)
        {
            throw new ApiConfigurationException($"{At(field)}: not base64; a path belongs in {field[..^"-data".Length]}", error);
        }
    }
}
