using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Reporting;

/// <summary>
/// Writes into the status of pools how much of them is used. The controller hands the numbers in after each decision; only what differs from
/// the object is written, by the task of <see cref="ClusterReports"/>.
/// </summary>
internal sealed class PoolStatuses(ApiClient client, Action<string> log)
{
    private readonly ReportedKind _access = new(ResourceType.IPAddressPools, log);

    /// <summary>What was written onto which version: until a newer one is heard of, its status is known better here.</summary>
    private readonly Dictionary<ObjectKey, (string Version, IPAddressPoolStatus Status)> _written = [];
    private volatile IReadOnlyList<(IPAddressPool Pool, IPAddressPoolStatus Use)> _wanted = [];

    /// <summary>Any thread; all pools at once.</summary>
    /// <returns>Whether there may be something to write.</returns>
    public bool Put(IReadOnlyList<(IPAddressPool Pool, IPAddressPoolStatus Use)> pools)
    {
        _wanted = pools;
        return pools.Any(p => p.Pool.Status != p.Use);
    }

    /// <param name="everything">Also where it was refused before.</param>
    /// <exception cref="IOException">There is no answer.</exception>
    /// <exception cref="ApiException">The server cannot just now.</exception>
    public async Task WriteAsync(bool everything, CancellationToken stop)
    {
        if (everything)
        {
            _access.TryAgain();
        }

        foreach (var (pool, use) in _wanted)
        {
            var version = pool.Metadata.ResourceVersion;
            var known = _written.TryGetValue(pool.Key, out var last) && last.Version == version ? last.Status : pool.Status;
            if (known != use && !_access.IsRefused)
            {
                await WriteAsync(pool, use, stop).ConfigureAwait(false);
                _written[pool.Key] = (version, use);
            }
        }
    }

    private async Task WriteAsync(IPAddressPool pool, IPAddressPoolStatus use, CancellationToken stop)
    {
        var status = new JsonObject
        {
            ["assignedIPv4"] = use.AssignedIPv4,
            ["assignedIPv6"] = use.AssignedIPv6,
            ["availableIPv4"] = use.AvailableIPv4,
            ["availableIPv6"] = use.AvailableIPv6,
        };
        var path = ResourceType.IPAddressPools.Object(pool.Metadata.Namespace, pool.Metadata.Name);
        try
        {
            await client.PatchAsync($"{path}/status", ApiJson.Write(new JsonObject { ["status"] = status }), ApiClient.MergePatch, stop).ConfigureAwait(false);
            _access.Accepted();
        }
        catch (ApiException missing) when (missing.Status.Code == 404)
        {
            await AskWhetherItIsThereAsync(path, stop).ConfigureAwait(false);
        }
        catch (ApiException refusal) when (refusal.IsRefusal)
        {
            _access.Refused(refusal);
        }
    }

    /// <summary>A pool that is not there was deleted just now; one that is has no status in this version of MetalLB's definitions.</summary>
    private async Task AskWhetherItIsThereAsync(string path, CancellationToken stop)
    {
        try
        {
            await client.GetAsync(path, stop).ConfigureAwait(false);
            _access.Refused(new ApiException(new ApiStatus(405, "", "the cluster's definition of it has no status")));
        }
        catch (ApiException gone) when (gone.IsRefusal)
        {
            // The watch says so soon.
        }
    }
}
