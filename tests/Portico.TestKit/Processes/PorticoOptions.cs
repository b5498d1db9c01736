namespace Portico.TestKit.Processes;

/// <summary>How one instance of the program is started.</summary>
public sealed record PorticoOptions
{
    /// <summary>Files of the manifests folder at the start: name and documents.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Keys of the controller's ConfigMap; null starts without one.</summary>
    public IReadOnlyDictionary<string, string>? ConfigMap { get; init; }

    /// <summary>Further arguments of <c>portico serve</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The flag --bind-address; null leaves it to the ConfigMap, and the admin pages on 127.0.0.1.</summary>
    public string? BindAddress { get; init; } = "127.0.0.1";

    /// <summary>Whether the folder begins with the IngressClass <c>nginx</c>.</summary>
    public bool WithIngressClass { get; init; } = true;

    /// <summary>RLIMIT_NOFILE of the process; null inherits.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>A kubeconfig: the program watches that cluster, and no folder.</summary>
    public string? KubeConfig { get; init; }

    /// <summary>Variables of its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>An existing folder to watch instead of a fresh one (a mount, for instance).</summary>
    public string? Folder { get; init; }
}
