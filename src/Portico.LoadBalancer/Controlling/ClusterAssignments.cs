using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Events;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Controlling;

/// <summary>
/// Writes addresses into the status of Services, the pool into their annotation, and events. The status comes first: it is the memory
/// of the next process. Only while this process leads. Thread pool.
/// </summary>
internal sealed class ClusterAssignments(ApiClient client, EventRecorder events, Func<bool> leads, Action<string> log) : IAssignmentSink
{
    public async Task<bool> WriteAsync(ServiceOutcome outcome, CancellationToken stop)
    {
        if (!leads())
        {
            return false;
        }

        var meta = outcome.Service.Metadata;
        try
        {
            var ingress = outcome.Addresses.IsEmpty ? null : new JsonArray([.. outcome.Addresses.Select(a => new JsonObject { ["ip"] = a.ToString() })]);
            if (!SaysTheSame(outcome))
            {
                var status = new JsonObject { ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = ingress } } };
                await PatchAsync(meta, "status", status, stop).ConfigureAwait(false);
            }

            var (annotation, deprecated) = ServiceAnnotations.AllocatedFromPool;
            if ((meta.Annotations.GetValueOrDefault(annotation) ?? "") != outcome.Pool || meta.Annotations.ContainsKey(deprecated))
            {
                var annotations = new JsonObject { [annotation] = outcome.Pool.Length > 0 ? outcome.Pool : null, [deprecated] = null };
                await PatchAsync(meta, "", new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } }, stop).ConfigureAwait(false);
            }

            return true;
        }
        catch (ApiException gone) when (gone.Status.Code == 404)
        {
            // Deleted meanwhile: the watch says so soon.
            return true;
        }
        catch (Exception error) when (error is ApiException or IOException)
        {
            var advice = error is ApiException { Status.Code: 403 } ? "; grant the verb patch on services and services/status" : "";
            log($"Service {meta.Namespace}/{meta.Name} could not be written: {error.Message}{advice}; it is tried again");
            return false;
        }
    }

    public void Tell(Service service, ServiceNews news) => events.Record(
        new EventReference("v1", "Service", service.Metadata.Namespace, service.Metadata.Name, service.Metadata.Uid, service.Metadata.ResourceVersion),
        news.IsWarning ? EventType.Warning : EventType.Normal,
        news.Reason,
        news.Message);

    public void TellProblem(KubernetesObject found, string message)
    {
        var meta = found.Metadata;
        events.Record(new EventReference(ResourceType.Of(found.Kind).ApiVersion, found.Kind.ToString(), meta.Namespace, meta.Name, meta.Uid, meta.ResourceVersion), EventType.Warning, "ConfigurationError", message);
    }

    private static bool SaysTheSame(ServiceOutcome outcome) =>
        outcome.Service.LoadBalancer.Select(i => i.Ip).SequenceEqual(outcome.Addresses.Select(a => a.ToString()))
        && outcome.Service.LoadBalancer.All(i => i.Hostname.Length == 0);

    private Task<byte[]> PatchAsync(ObjectMeta meta, string part, JsonObject patch, CancellationToken stop) =>
        client.PatchAsync(ResourceType.Services.Object(meta.Namespace, meta.Name, part), ApiJson.Write(patch), ApiClient.MergePatch, stop);
}
