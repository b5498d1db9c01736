using System.Globalization;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;

namespace Portico.LoadBalancer.Reporting;

/// <summary>
/// MetalLB's object that says whether a program could follow the newest configuration: one for the controller, one for each speaker. What is
/// wrong is put in from any thread, the writing is done by the task of <see cref="ClusterReports"/>.
/// </summary>
/// <param name="name">Of the object.</param>
/// <param name="component"><c>controller</c> or <c>speaker</c>.</param>
/// <param name="condition">The type of its one condition.</param>
internal sealed class ConfigurationStates(string name, string component, string condition, ApiClient client, Action<string> log)
{
    private const string FieldManager = "portico-loadbalancer";

    private readonly ReportedKind _access = new(ResourceType.ConfigurationStates, log);
    private readonly Lock _gate = new();
    private string? _problems;
    private string? _written;
    private DateTimeOffset _since;

    /// <param name="problems">What of the configuration is not in force, and why; none when all of it is.</param>
    /// <returns>Whether there is something to write.</returns>
    public bool Put(IEnumerable<string> problems)
    {
        var now = string.Join('\n', problems.Order(StringComparer.Ordinal));
        lock (_gate)
        {
            if (now == _problems)
            {
                return false;
            }

            (_problems, _since) = (now, DateTimeOffset.UtcNow);
            return true;
        }
    }

    /// <param name="everything">Also what has not changed, as far as we know.</param>
    /// <exception cref="IOException">There is no answer.</exception>
    /// <exception cref="ApiException">The server cannot just now.</exception>
    public async Task WriteAsync(ReportingPod pod, bool everything, CancellationToken stop)
    {
        string? problems;
        DateTimeOffset since;
        lock (_gate)
        {
            (problems, since) = (_problems, _since);
        }

        if (everything)
        {
            _access.TryAgain();
        }

        if (problems is null || _access.IsRefused || (!everything && problems == _written))
        {
            return;
        }

        try
        {
            await ApplyAsync(pod, "", Identity(pod), stop).ConfigureAwait(false);
            await ApplyAsync(pod, "status", Status(pod, problems, since), stop).ConfigureAwait(false);
            _written = problems;
            _access.Accepted();
        }
        catch (ApiException refusal) when (refusal.IsRefusal)
        {
            _access.Refused(refusal);
        }
    }

    private Task<byte[]> ApplyAsync(ReportingPod pod, string part, JsonObject wanted, CancellationToken stop) => client.PatchAsync(
        $"{ResourceType.ConfigurationStates.Object(pod.Namespace, name, part)}?fieldManager={FieldManager}&force=true", ApiJson.Write(wanted), ApiClient.ApplyPatch, stop);

    private JsonObject Identity(ReportingPod pod)
    {
        var labels = new JsonObject { ["metallb.io/component-type"] = component };
        if (component == "speaker")
        {
            labels["metallb.io/node-name"] = pod.NodeName;
        }

        var wanted = Fresh(pod);
        wanted["metadata"]!["labels"] = labels;
        if (pod.OwnerReferences is { } owners)
        {
            wanted["metadata"]!["ownerReferences"] = owners;
        }

        return wanted;
    }

    private JsonObject Status(ReportingPod pod, string problems, DateTimeOffset since)
    {
        var isValid = problems.Length == 0;
        var wanted = Fresh(pod);
        wanted["status"] = new JsonObject
        {
            ["result"] = isValid ? "Valid" : "Invalid",
            ["errorSummary"] = problems,
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = condition,
                ["status"] = isValid ? "True" : "False",
                ["reason"] = isValid ? "Valid" : "ConfigurationError",
                ["message"] = problems,
                ["lastTransitionTime"] = since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            }),
        };
        return wanted;
    }

    private JsonObject Fresh(ReportingPod pod) => new()
    {
        ["apiVersion"] = "metallb.io/v1beta1",
        ["kind"] = "ConfigurationState",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = pod.Namespace },
    };
}
