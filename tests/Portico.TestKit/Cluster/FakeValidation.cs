using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Portico.TestKit.Cluster;

/// <summary>What the API server refuses in objects that a gateway writes: names, times, events, Leases and addresses in a status.</summary>
internal static partial class FakeValidation
{
    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ssK";

    /// <summary>MicroTime: six digits, neither more nor fewer.</summary>
    private const string Microseconds = "yyyy-MM-dd'T'HH:mm:ss.ffffffK";

    public static void Check(FakeResource resource, JsonObject now)
    {
        CheckName(resource, Text(now["metadata"]?["name"]));
        switch (resource.Kind)
        {
            case "Event": CheckEvent(resource, now); break;
            case "Lease": CheckLease(resource, now["spec"] as JsonObject ?? []); break;
            case "Ingress": CheckAddresses(resource, now); break;
        }
    }

    private static void CheckName(FakeResource resource, string name)
    {
        // The names of roles are path segments; those of namespaces and Services are one label of DNS.
        var (pattern, longest) = resource.Group == "rbac.authorization.k8s.io" ? (PathSegment(), int.MaxValue)
            : resource.Kind is "Namespace" or "Service" ? (Label(), 63)
            : (Subdomain(), 253);
        if (name.Length > longest || !pattern.IsMatch(name))
        {
            throw FakeWrites.Invalid(resource, name, $"metadata.name: Invalid value: \"{name}\": must be no more than {longest} characters, lower case letters, digits, '-' or '.'");
        }
    }

    private static void CheckEvent(FakeResource resource, JsonObject now)
    {
        var (ns, about) = (Text(now["metadata"]?["namespace"]), Text(now["involvedObject"]?["namespace"]));
        if (about.Length > 0 ? about != ns : ns != "default")
        {
            throw FakeWrites.Invalid(resource, Text(now["metadata"]?["name"]), $"involvedObject.namespace: Invalid value: \"{about}\": does not match event.namespace");
        }

        CheckTime(now, "firstTimestamp", Seconds);
        CheckTime(now, "lastTimestamp", Seconds);
        CheckTime(now, "eventTime", Microseconds);
    }

    private static void CheckLease(FakeResource resource, JsonObject spec)
    {
        if (Number(spec["leaseDurationSeconds"]) is { } duration and <= 0)
        {
            throw FakeWrites.Invalid(resource, "", $"spec.leaseDurationSeconds: Invalid value: {duration}: must be greater than 0");
        }

        if (Number(spec["leaseTransitions"]) is { } transitions and < 0)
        {
            throw FakeWrites.Invalid(resource, "", $"spec.leaseTransitions: Invalid value: {transitions}: must be greater than or equal to 0");
        }

        CheckTime(spec, "acquireTime", Microseconds);
        CheckTime(spec, "renewTime", Microseconds);
    }

    private static void CheckAddresses(FakeResource resource, JsonObject now)
    {
        foreach (var address in (now["status"]?["loadBalancer"]?["ingress"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var (ip, host) = (Text(address["ip"]), Text(address["hostname"]));
            if (ip.Length > 0 && !IPAddress.TryParse(ip, out _))
            {
                throw FakeWrites.Invalid(resource, Text(now["metadata"]?["name"]), $"status.loadBalancer.ingress.ip: Invalid value: \"{ip}\": must be a valid IP address");
            }

            if (host.Length > 0 && (!Subdomain().IsMatch(host) || host.Length > 253 || IPAddress.TryParse(host, out _)))
            {
                throw FakeWrites.Invalid(resource, Text(now["metadata"]?["name"]), $"status.loadBalancer.ingress.hostname: Invalid value: \"{host}\": must be a DNS name, not an IP address");
            }
        }
    }

    /// <summary>Go's decoder takes one form, and tells what it could not parse.</summary>
    private static void CheckTime(JsonObject from, string field, string format)
    {
        if (Text(from[field]) is { Length: > 0 } text
            && !DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            throw new FakeStatusException(400, "BadRequest", $"parsing time \"{text}\" as \"{format}\": cannot parse {field}");
        }
    }

    private static long? Number(JsonNode? node) => node is null ? null : long.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[^/%]+\z")]
    private static partial Regex PathSegment();
}
