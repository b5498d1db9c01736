using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.LoadBalancer.Reporting;

/// <summary>Who reports: what it writes goes when its pod goes, by an owner reference.</summary>
/// <param name="Namespace">Where MetalLB's objects are.</param>
/// <param name="NodeName">Empty for a controller that does not announce.</param>
/// <param name="PodName">Empty where it is not known: then nothing is said about an owner.</param>
internal sealed record ReportingPod(string Namespace, string NodeName, string PodName)
{
    public string Uid { get; init; } = "";

    /// <summary>As the API has it; null when the pod is not known.</summary>
    public JsonArray? OwnerReferences =>
        Uid.Length == 0 ? null : [new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["name"] = PodName, ["uid"] = Uid }];

    /// <summary>Looks the pod up, once.</summary>
    /// <exception cref="IOException">There is no answer.</exception>
    public async Task<ReportingPod> FindAsync(ApiClient client, Action<string> log, CancellationToken stop)
    {
        if (PodName.Length == 0)
        {
            return this;
        }

        try
        {
            var pod = ApiJson.Parse(await client.GetAsync(ResourceType.Pods.Object(Namespace, PodName), stop).ConfigureAwait(false));
            return this with { Uid = ApiJson.Text(pod["metadata"]?["uid"]) };
        }
        catch (ApiException refused) when (refused.IsRefusal)
        {
            var advice = refused.Status.Code == 403 ? "; grant the verb get on pods" : "";
            log($"the pod {Namespace}/{PodName} cannot be read: {refused.Message}{advice}; what is reported outlives it");
            return this with { PodName = "" };
        }
    }
}
