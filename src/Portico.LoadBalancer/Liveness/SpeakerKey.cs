using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.LoadBalancer.Liveness;

/// <summary>
/// The key that all speakers of a cluster share, in a Secret beside the Lease. Whoever finds it missing makes it; of two who do so at once
/// one loses and takes the other's.
/// </summary>
internal static class SpeakerKey
{
    public const string SecretName = "portico-loadbalancer-speakers";

    public const string Entry = "secretkey";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PutBackLimit = TimeSpan.FromSeconds(30);

    /// <returns>Null when this process may not have it.</returns>
    public static async Task<string?> FindAsync(ApiClient client, string ns, Action<string> log, CancellationToken stop)
    {
        var last = "";
        while (true)
        {
            try
            {
                return await ReadAsync(client, ns, stop).ConfigureAwait(false) ?? await MakeAsync(client, ns, stop).ConfigureAwait(false);
            }
            catch (ApiException refused) when (refused.Status.Code is 401 or 403)
            {
                log($"the Secret {ns}/{SecretName} may not be used: {refused.Message}; grant get and create on secrets, or give --ml-secret-key-path");
                return null;
            }
            catch (Exception error) when (error is ApiException or IOException or FormatException)
            {
                if (last != error.Message)
                {
                    log($"the Secret {ns}/{SecretName} cannot be had: {error.Message}; it is tried again");
                    last = error.Message;
                }

                await Task.Delay(Pause, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Once; others try as well, and one of all succeeds.</summary>
    public static async Task PutBackAsync(ApiClient client, string ns, string key, Action<string> log)
    {
        using var limit = new CancellationTokenSource(PutBackLimit);
        try
        {
            await CreateAsync(client, ns, key, limit.Token).ConfigureAwait(false);
        }
        catch (ApiException taken) when (taken.Status.Code == 409)
        {
            // Another speaker was faster.
        }
        catch (Exception error) when (error is ApiException or IOException or OperationCanceledException)
        {
            log($"the Secret {ns}/{SecretName} could not be put back: {error.Message}");
        }
    }

    private static async Task<string?> ReadAsync(ApiClient client, string ns, CancellationToken stop)
    {
        try
        {
            var secret = ApiJson.Parse(await client.GetAsync(ResourceType.Secrets.Object(ns, SecretName), stop).ConfigureAwait(false));
            var entry = ApiJson.Text(secret["data"]?[Entry]);
            return entry.Length > 0 ? Encoding.UTF8.GetString(Convert.FromBase64String(entry)) : throw new FormatException($"it has no entry {Entry}");
        }
        catch (ApiException missing) when (missing.Status.Code == 404)
        {
            return null;
        }
    }

    private static async Task<string?> MakeAsync(ApiClient client, string ns, CancellationToken stop)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        try
        {
            await CreateAsync(client, ns, key, stop).ConfigureAwait(false);
            return key;
        }
        catch (ApiException taken) when (taken.Status.Code == 409)
        {
            return await ReadAsync(client, ns, stop).ConfigureAwait(false);
        }
    }

    private static Task<byte[]> CreateAsync(ApiClient client, string ns, string key, CancellationToken stop)
    {
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = SecretName, ["namespace"] = ns },
            ["data"] = new JsonObject { [Entry] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)) },
        };
        return client.CreateAsync(ResourceType.Secrets.Collection(ns), ApiJson.Write(secret), stop);
    }
}
