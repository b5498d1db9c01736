using System.Text.Json;
using Portico.Model;

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
        }

        json.WriteEndObject();
    }
}
