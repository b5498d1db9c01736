using System.Text.Json;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Admin.Pages;

/// <summary>Backends and their endpoints on the configuration page.</summary>
internal static class BackendJson
{
    public static void Write(Utf8JsonWriter json, Backend backend)
    {
        json.WriteStartObject();
        json.WriteString("name", backend.Name);
        WriteId(json, "id", backend.Id);
        WriteLoadBalancing(json, backend.LoadBalancing);
        WriteAffinity(json, backend.Affinity);
        WriteCanary(json, backend.Canary);
        if (backend.Dns is { } dns)
        {
            json.WriteStartObject("dns");
            json.WriteString("hostName", dns.HostName);
            json.WriteNumber("port", dns.Port);
            json.WriteEndObject();
        }

        json.WriteStartArray("endpoints");
        foreach (var endpoint in backend.Endpoints)
        {
            json.WriteStringValue(endpoint.Address.Contains(':', StringComparison.Ordinal)
                ? $"[{endpoint.Address}]:{endpoint.Port}"
                : $"{endpoint.Address}:{endpoint.Port}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteId(Utf8JsonWriter json, string name, BackendId id)
    {
        json.WriteStartObject(name);
        json.WriteString("namespace", id.Namespace);
        json.WriteString("service", id.Service);
        json.WriteString("port", id.Port);
        if (id.Variant.Length > 0)
        {
            json.WriteString("variant", id.Variant);
        }

        json.WriteEndObject();
    }

    private static void WriteLoadBalancing(Utf8JsonWriter json, LoadBalancing loadBalancing)
    {
        json.WriteStartObject("loadBalancing");
        json.WriteString("kind", loadBalancing switch
        {
            LoadBalancing.RoundRobinChoice => "roundRobin",
            LoadBalancing.EwmaChoice => "ewma",
            LoadBalancing.ConsistentHashChoice => "consistentHash",
            _ => loadBalancing.GetType().Name,
        });
        if (loadBalancing is LoadBalancing.ConsistentHashChoice hash)
        {
            json.WriteTemplate("key", hash.Key);
            json.WriteNumber("subsetSize", hash.SubsetSize);
        }

        json.WriteEndObject();
    }

    private static void WriteAffinity(Utf8JsonWriter json, SessionAffinityPolicy? affinity)
    {
        if (affinity is null)
        {
            return;
        }

        json.WriteStartObject("affinity");
        json.WriteString("mode", affinity.Mode == AffinityMode.Persistent ? "persistent" : "balanced");
        json.WriteString("cookieName", affinity.CookieName);
        json.WriteBoolean("changeOnFailure", affinity.ChangeOnFailure);
        json.WriteEndObject();
    }

    private static void WriteCanary(Utf8JsonWriter json, CanaryPolicy? canary)
    {
        if (canary is null)
        {
            return;
        }

        json.WriteStartObject("canary");
        WriteId(json, "backend", canary.Alternative);
        json.WriteString("from", canary.Source.ToString());
        WriteOptional(json, "header", canary.Header);
        WriteOptional(json, "headerValue", canary.HeaderValue);
        WriteOptional(json, "headerPattern", canary.HeaderPattern);
        WriteOptional(json, "cookie", canary.Cookie);
        json.WriteNumber("weight", canary.Weight);
        json.WriteNumber("weightTotal", canary.WeightTotal);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
