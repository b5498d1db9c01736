using System.Collections.Immutable;
using Portico.Ingress.Selection;

namespace Portico.Flags.Declared;

/// <summary>Where the objects come from.</summary>
internal static class SourceFlags
{
    public static FlagGroup Group { get; } = new("Objects");

    public static Flag<ImmutableArray<string>> Manifests { get; } = Group.Add(
        FlagTypes.Paths, "manifests", [], "A file or folder of Kubernetes manifests, watched for changes. May be given several times.");

    public static Flag<string> KubeConfig { get; } = Group.Add(
        FlagTypes.File, "kubeconfig", "", "The kubeconfig file of the cluster to watch.");

    public static Flag<string> Context { get; } = Group.Add(
        FlagTypes.Text, "context", "", "The context of the kubeconfig to use.", "its current one");

    public static Flag<string> ApiServerHost { get; } = Group.Add(
        FlagTypes.Url, "apiserver-host", "", "The address of the API server; inside a cluster it is found without.");

    public static Flag<string> CertificateAuthority { get; } = Group.Add(
        FlagTypes.File, "certificate-authority", "", "The CA of the API server, used with --apiserver-host.");

    public static Flag<bool> WatchAllSecrets { get; } = Group.Add(
        FlagTypes.Switch, "watch-all-secrets", false, "Watch every Secret of the cluster instead of those that are named somewhere.");

    public static Flag<string> WatchNamespace { get; } = Group.Add(
        FlagTypes.Text, "watch-namespace", "", "The only namespace whose objects count.", "all namespaces");

    public static Flag<LabelSelector?> WatchNamespaceSelector { get; } = Group.Add(
        FlagTypes.Selector, "watch-namespace-selector", null, "Labels of the namespaces whose Ingresses count, e.g. 'tier in (gold, silver)'.");

    public static Flag<string> ClusterDomain { get; } = Group.Add(
        FlagTypes.Name, "cluster-domain", "cluster.local", "The DNS domain of the cluster; names of Services below it are resolved without DNS.");
}
