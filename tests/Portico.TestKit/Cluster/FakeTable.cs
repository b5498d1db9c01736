using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>
/// Objects as the rows that a client asks for with <c>Accept: application/json;as=Table</c>, kubectl's <c>get</c> above all. Ingresses
/// have the real server's columns, everything else name and age.
/// </summary>
internal static class FakeTable
{
    private static readonly string[] Plain = ["Name", "Age"];
    private static readonly string[] OfIngresses = ["Name", "Class", "Hosts", "Address", "Ports", "Age"];

    public static bool IsAskedFor(string accept) => accept.Contains("as=Table", StringComparison.Ordinal);

    public static JsonObject Of(FakeResource resource, string version, string more, IEnumerable<JsonObject> objects)
    {
        var names = resource.Plural == "ingresses" ? OfIngresses : Plain;
        var columns = names.Select(name => (JsonNode)new JsonObject
        {
            ["name"] = name,
            ["type"] = "string",
            ["format"] = name == "Name" ? "name" : "",
            ["description"] = "",
            ["priority"] = 0,
        });
        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (more.Length > 0)
        {
            metadata["continue"] = more;
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = new JsonArray([.. columns]),
            ["rows"] = new JsonArray([.. objects.Select(found => (JsonNode)Row(resource, found))]),
        };
    }

    private static JsonObject Row(FakeResource resource, JsonObject found)
    {
        var name = Text(found["metadata"]!["name"]);
        string[] cells = resource.Plural == "ingresses"
            ? [name, OrNone(Text(found["spec"]?["ingressClassName"])), Hosts(found), Addresses(found), found["spec"]?["tls"] is null ? "80" : "80, 443", "0s"]
            : [name, "0s"];
        return new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select(cell => (JsonNode)cell)]),
            ["object"] = new JsonObject
            {
                ["kind"] = "PartialObjectMetadata",
                ["apiVersion"] = "meta.k8s.io/v1",
                ["metadata"] = found["metadata"]!.DeepClone(),
            },
        };
    }

    private static string Hosts(JsonObject ingress)
    {
        var hosts = Items(ingress["spec"]?["rules"]).Select(rule => Text(rule["host"])).Where(host => host.Length > 0).ToList();
        return hosts.Count > 0 ? string.Join(',', hosts) : "*";
    }

    private static string Addresses(JsonObject ingress) => string.Join(',', Items(ingress["status"]?["loadBalancer"]?["ingress"])
        .Select(address => Text(address["ip"]) is { Length: > 0 } ip ? ip : Text(address["hostname"])));

    private static IEnumerable<JsonObject> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static string OrNone(string text) => text.Length > 0 ? text : "<none>";

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
