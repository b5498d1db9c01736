using System.Collections.Immutable;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Manifests;

namespace Portico.Kubernetes.Api.Credentials;

/// <summary>A program that gives credentials, as a kubeconfig names it (client.authentication.k8s.io).</summary>
internal sealed record ExecPlugin
{
    private static readonly string[] Versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    public required string Place { get; init; }

    public required string ApiVersion { get; init; }

    public required string Command { get; init; }

    public ImmutableArray<string> Arguments { get; init; } = [];

    public ImmutableArray<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>What people are told when the program is missing.</summary>
    public string InstallHint { get; init; } = "";

    /// <summary>Set when the program wants to know the cluster (<c>provideClusterInfo</c>).</summary>
    public Uri? ClusterServer { get; init; }

    public ServerAuthorities? ClusterAuthorities { get; init; }

    public static ExecPlugin Read(KubeConfigEntry exec, Uri server, ServerAuthorities? authorities)
    {
        var version = exec.Required("apiVersion");
        if (!Versions.Contains(version))
        {
            throw new ApiConfigurationException($"{exec.At("apiVersion")}: '{version}' is not known; write {Versions[0]}");
        }

        if (exec.Text("interactiveMode") == "Always")
        {
            throw new ApiConfigurationException($"{exec.At("interactiveMode")}: Always needs a terminal, which a gateway does not have; use another user");
        }

        var informed = exec.Flag("provideClusterInfo");
        return new ExecPlugin
        {
            Place = exec.At("command"),
            ApiVersion = version,
            Command = Resolve(exec, exec.Required("command")),
            Arguments = [.. (exec.Fields!.Find("args") as YamlSequence)?.Items.OfType<YamlScalar>().Select(a => a.Text) ?? []],
            Environment = [.. (exec.Fields.Find("env") as YamlSequence)?.Items.OfType<YamlMapping>()
                .Select(e => (e.FindString("name") ?? "", (e.Find("value") as YamlScalar)?.Text ?? "")).Where(e => e.Item1.Length > 0) ?? []],
            InstallHint = exec.Text("installHint") ?? "",
            ClusterServer = informed ? server : null,
            ClusterAuthorities = informed ? authorities : null,
        };
    }

    /// <summary>A name alone is looked up in PATH; one with a slash is relative to the kubeconfig's folder.</summary>
    private static string Resolve(KubeConfigEntry exec, string command) =>
        command.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(command, Path.GetDirectoryName(exec.File)!) : command;
}
