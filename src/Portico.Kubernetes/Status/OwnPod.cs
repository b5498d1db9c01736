using Portico.Kubernetes.Api;

namespace Portico.Kubernetes.Status;

/// <summary>What the cluster knows about the pod that we run in.</summary>
public static class OwnPod
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <returns>The node that it was put on; empty while it is on none.</returns>
    /// <exception cref="ApiException">The server says no.</exception>
    /// <exception cref="IOException">The server does not answer in time.</exception>
    public static async Task<string> NodeNameAsync(ApiClient client, string ns, string name)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var pod = ApiJson.Parse(await client.GetAsync(ResourceType.Pods.Object(ns, name), limit.Token).ConfigureAwait(false));
            return ApiJson.Text(pod["spec"]?["nodeName"]);
        }
        catch (OperationCanceledException)
        {
            throw new IOException("the API server does not answer in time");
        }
    }
}
