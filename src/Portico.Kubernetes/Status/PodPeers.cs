using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.Kubernetes.Status;

/// <summary>The pods of this gateway: those with the labels of the pod that we run in.</summary>
internal sealed class PodPeers(ApiClient client, string ns, string name)
{
    /// <summary>Labels that differ between the pods of one gateway, from one rollout to the next.</summary>
    private static readonly string[] LabelsOfARollout = ["controller-revision-hash", "pod-template-generation", "pod-template-hash"];

    private string? _selector;

    /// <summary>The nodes of those that run and are ready.</summary>
    public async Task<IReadOnlyList<string>> NodesAsync(CancellationToken cancellation)
    {
        var pods = await ListAsync(cancellation).ConfigureAwait(false);
        return [.. pods.Where(IsServing).Select(pod => ApiJson.Text(pod["spec"]?["nodeName"])).Where(node => node.Length > 0).Distinct()];
    }

    public async Task<bool> HasOthersAsync(CancellationToken cancellation)
    {
        var pods = await ListAsync(cancellation).ConfigureAwait(false);
        return pods.Any(pod => ApiJson.Text(pod["metadata"]?["name"]) != name);
    }

    private static bool IsServing(JsonObject pod) =>
        ApiJson.Text(pod["status"]?["phase"]) == "Running"
        && (pod["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
            .Any(condition => ApiJson.Text(condition["type"]) == "Ready" && ApiJson.Text(condition["status"]) == "True");

    private async Task<IReadOnlyList<JsonObject>> ListAsync(CancellationToken cancellation)
    {
        // Outside a pod there are no peers.
        if (ns.Length == 0 || name.Length == 0)
        {
            return [];
        }

        _selector ??= await SelectorAsync(cancellation).ConfigureAwait(false);
        if (_selector is null)
        {
            return [];
        }

        var path = $"{ResourceType.Pods.Collection(ns)}?labelSelector={Uri.EscapeDataString(_selector)}";
        var list = ApiJson.Parse(await client.GetAsync(path, cancellation).ConfigureAwait(false));
        return [.. (list["items"] as JsonArray ?? []).OfType<JsonObject>()];
    }

    /// <returns>Null when our name is no pod's: a process beside the cluster has no peers that could be told by labels.</returns>
    private async Task<string?> SelectorAsync(CancellationToken cancellation)
    {
        JsonObject own;
        try
        {
            own = ApiJson.Parse(await client.GetAsync(ResourceType.Pods.Object(ns, name), cancellation).ConfigureAwait(false));
        }
        catch (ApiException e) when (e.Status.Code == 404)
        {
            return null;
        }

        var labels = (own["metadata"]?["labels"] as JsonObject ?? []).Where(label => !LabelsOfARollout.Contains(label.Key));
        return string.Join(',', labels.Select(label => $"{label.Key}={ApiJson.Text(label.Value)}"));
    }
}
