using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Reporting;

/// <summary>MetalLB's two kinds of objects that say who announces a Service.</summary>
/// <param name="List">The field of the status with the names: of interfaces, or of peers.</param>
/// <param name="IsObject">Whether an entry of it is an object with a name.</param>
/// <param name="OneNode">Whether only one node announces a Service: then it removes what others left.</param>
internal sealed record ServiceStatusKind(ResourceType Type, string Kind, string NamePrefix, string List, bool IsObject, bool OneNode)
{
    public static readonly ServiceStatusKind Layer2 = new(ResourceType.ServiceL2Statuses, "ServiceL2Status", "l2-", "interfaces", IsObject: true, OneNode: true);

    public static readonly ServiceStatusKind Bgp = new(ResourceType.ServiceBGPStatuses, "ServiceBGPStatus", "bgp-", "peers", IsObject: false, OneNode: false);
}

/// <summary>
/// Keeps an object for each Service that this node announces. What is to be said is put in by the speaker from any thread; the writing is
/// done by the task of <see cref="ClusterReports"/>. What stands in the cluster is asked before each writing, so that whatever happened there
/// meanwhile, the next writing mends it.
/// </summary>
internal sealed class ServiceStatuses(ServiceStatusKind kind, ApiClient client, Action<string> log)
{
    /// <summary>With more changes than these one list of everything is cheaper than one for each.</summary>
    private const int ListsAtMost = 16;

    private const string NodeLabel = "metallb.io/node";
    private const string ServiceNameLabel = "metallb.io/service-name";
    private const string ServiceNamespaceLabel = "metallb.io/service-namespace";

    private readonly ReportedKind _access = new(kind.Type, log);
    private readonly Lock _gate = new();
    private readonly Dictionary<ServiceKey, ImmutableArray<string>> _wanted = [];
    private readonly HashSet<ServiceKey> _changed = [];
    private bool _began;

    /// <summary>The speaker has decided about every Service: from now on what is not wanted is wrong. Any thread.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _began = true;
        }
    }

    /// <param name="names">Interfaces (none for all) or peers; null when this node does not announce the Service.</param>
    /// <returns>Whether there is something to write.</returns>
    public bool Put(ServiceKey service, ImmutableArray<string>? names)
    {
        lock (_gate)
        {
            var known = _wanted.TryGetValue(service, out var before);
            if (names is null ? !known : known && before.AsSpan().SequenceEqual(names.Value.AsSpan()))
            {
                return false;
            }

            if (names is null)
            {
                _wanted.Remove(service);
            }
            else
            {
                _wanted[service] = names.Value;
            }

            return _changed.Add(service);
        }
    }

    /// <param name="everything">Also what has not changed, as far as we know.</param>
    /// <exception cref="IOException">There is no answer; what was not written is written the next time.</exception>
    /// <exception cref="ApiException">The same, for a server that cannot just now.</exception>
    public async Task WriteAsync(ReportingPod pod, bool everything, CancellationToken stop)
    {
        HashSet<ServiceKey> changed;
        lock (_gate)
        {
            if (!_began || (!everything && _changed.Count == 0))
            {
                return;
            }

            changed = [.. _changed];
            _changed.Clear();
        }

        if (everything)
        {
            _access.TryAgain();
        }

        try
        {
            await (everything || changed.Count > ListsAtMost ? WriteAllAsync(pod, stop) : WriteChangedAsync(pod, changed, stop)).ConfigureAwait(false);
        }
        catch (ApiException refusal) when (refusal.IsRefusal)
        {
            _access.Refused(refusal);
        }
        catch
        {
            lock (_gate)
            {
                _changed.UnionWith(changed);
            }

            throw;
        }
    }

    private async Task WriteAllAsync(ReportingPod pod, CancellationToken stop)
    {
        if (_access.IsRefused)
        {
            return;
        }

        var found = (await ListAsync(pod, kind.OneNode ? "" : $"{NodeLabel}={pod.NodeName}", stop).ConfigureAwait(false)).ToLookup(ServiceOf);
        List<ServiceKey> keys;
        lock (_gate)
        {
            keys = [.. _wanted.Keys.Union(found.Where(f => f.Any(o => NodeOf(o) == pod.NodeName)).Select(f => f.Key))];
        }

        foreach (var key in keys)
        {
            await TryConvergeAsync(pod, key, [.. found[key]], stop).ConfigureAwait(false);
        }
    }

    private async Task WriteChangedAsync(ReportingPod pod, HashSet<ServiceKey> changed, CancellationToken stop)
    {
        foreach (var key in changed)
        {
            if (_access.IsRefused)
            {
                return;
            }

            var found = await ListAsync(pod, $"{ServiceNameLabel}={key.Name},{ServiceNamespaceLabel}={key.Namespace}", stop).ConfigureAwait(false);
            await TryConvergeAsync(pod, key, found, stop).ConfigureAwait(false);
        }
    }

    private async Task TryConvergeAsync(ReportingPod pod, ServiceKey service, List<JsonObject> found, CancellationToken stop)
    {
        try
        {
            await ConvergeAsync(pod, service, found, stop).ConfigureAwait(false);
        }
        catch (ApiException wrong) when (wrong.Status.Code is 400 or 422)
        {
            log($"{kind.Kind} of the Service {service} is not accepted: {wrong.Message}");
        }
    }

    private async Task ConvergeAsync(ReportingPod pod, ServiceKey service, List<JsonObject> found, CancellationToken stop)
    {
        ImmutableArray<string>? wanted;
        lock (_gate)
        {
            wanted = _wanted.TryGetValue(service, out var names) ? names : null;
        }

        var own = wanted is null ? null : found.Find(o => NodeOf(o) == pod.NodeName);
        foreach (var other in found.Where(o => o != own && (NodeOf(o) == pod.NodeName || (wanted is not null && kind.OneNode))))
        {
            await DeleteAsync(pod, other, stop).ConfigureAwait(false);
        }

        if (wanted is null)
        {
            return;
        }

        var status = StatusOf(pod, service, wanted.Value);
        if (own is null)
        {
            await CreateAsync(pod, service, status, stop).ConfigureAwait(false);
            return;
        }

        if (pod.OwnerReferences is { } owners && ApiJson.Text(own["metadata"]?["ownerReferences"]?[0]?["uid"]) != pod.Uid)
        {
            // Of a pod that was here before: with it the object would be removed.
            await PatchAsync(pod, own, "", new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = owners } }, stop).ConfigureAwait(false);
        }

        if (!SaysTheSame(own["status"] as JsonObject, status))
        {
            await PatchAsync(pod, own, "status", new JsonObject { ["status"] = status }, stop).ConfigureAwait(false);
        }
    }

    private async Task CreateAsync(ReportingPod pod, ServiceKey service, JsonObject status, CancellationToken stop)
    {
        var labels = new JsonObject { [NodeLabel] = pod.NodeName, [ServiceNameLabel] = service.Name, [ServiceNamespaceLabel] = service.Namespace };
        var meta = new JsonObject { ["generateName"] = kind.NamePrefix, ["namespace"] = pod.Namespace, ["labels"] = labels };
        if (pod.OwnerReferences is { } owners)
        {
            meta["ownerReferences"] = owners;
        }

        var fresh = new JsonObject { ["apiVersion"] = "metallb.io/v1beta1", ["kind"] = kind.Kind, ["metadata"] = meta, ["spec"] = new JsonObject() };
        var made = ApiJson.Parse(await client.CreateAsync(kind.Type.Collection(pod.Namespace), ApiJson.Write(fresh), stop).ConfigureAwait(false));
        await PatchAsync(pod, made, "status", new JsonObject { ["status"] = status }, stop).ConfigureAwait(false);
    }

    private async Task PatchAsync(ReportingPod pod, JsonObject found, string part, JsonObject patch, CancellationToken stop)
    {
        var path = kind.Type.Object(pod.Namespace, ApiJson.Text(found["metadata"]?["name"]), part);
        try
        {
            await client.PatchAsync(path, ApiJson.Write(patch), ApiClient.MergePatch, stop).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.Status.Code == 404)
        {
            // Another node has taken over in between, or somebody has tidied up.
            throw new IOException($"{kind.Kind} {ApiJson.Text(found["metadata"]?["name"])} was removed meanwhile", gone);
        }
    }

    private async Task DeleteAsync(ReportingPod pod, JsonObject found, CancellationToken stop)
    {
        try
        {
            var path = kind.Type.Object(pod.Namespace, ApiJson.Text(found["metadata"]?["name"]));
            await client.SendAsync(HttpMethod.Delete, path, default, "", stop).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.Status.Code == 404)
        {
            // It is what was wanted.
        }
    }

    private async Task<List<JsonObject>> ListAsync(ReportingPod pod, string labels, CancellationToken stop)
    {
        var found = new List<JsonObject>();
        var next = "";
        do
        {
            var path = $"{kind.Type.Collection(pod.Namespace)}?limit=500&labelSelector={Uri.EscapeDataString(labels)}&continue={Uri.EscapeDataString(next)}";
            var page = ApiJson.Parse(await client.GetAsync(path, stop).ConfigureAwait(false));
            found.AddRange((page["items"] as JsonArray ?? []).OfType<JsonObject>());
            next = ApiJson.Text(page["metadata"]?["continue"]);
        }
        while (next.Length > 0);
        _access.Accepted();
        return found;
    }

    private JsonObject StatusOf(ReportingPod pod, ServiceKey service, ImmutableArray<string> names) => new()
    {
        ["node"] = pod.NodeName,
        ["serviceName"] = service.Name,
        ["serviceNamespace"] = service.Namespace,
        [kind.List] = names.IsEmpty ? null : new JsonArray([.. names.Select(n => kind.IsObject ? new JsonObject { ["name"] = n } : (JsonNode)n)]),
    };

    private bool SaysTheSame(JsonObject? status, JsonObject wanted) =>
        status is not null && Array.TrueForAll(["node", "serviceName", "serviceNamespace", kind.List], field => JsonNode.DeepEquals(status[field], wanted[field]));

    private static string NodeOf(JsonObject found) => ApiJson.Text(found["metadata"]?["labels"]?[NodeLabel]);

    private static ServiceKey ServiceOf(JsonObject found) =>
        new(ApiJson.Text(found["metadata"]?["labels"]?[ServiceNamespaceLabel]), ApiJson.Text(found["metadata"]?["labels"]?[ServiceNameLabel]));
}
