using System.Text;
using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>What kubectl asks before it does anything: versions, groups, resources.</summary>
internal static class FakeDiscovery
{
    private static readonly string[] Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

    /// <summary>Null when the path is something else.</summary>
    public static byte[]? Answer(string path)
    {
        var steps = path.Trim('/').Split('/');
        JsonObject? answer = steps switch
        {
            ["version"] => new JsonObject { ["major"] = "1", ["minor"] = "36", ["gitVersion"] = "v1.36.0-fake", ["platform"] = "linux/amd64" },
            ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
            ["apis"] => Groups(),
            ["api", "v1"] => Resources("", "v1"),
            ["apis", var group, var version] when FakeResource.All.Any(r => r.Group == group && r.Version == version) => Resources(group, version),
            _ => null,
        };
        return answer is null ? null : Encoding.UTF8.GetBytes(answer.ToJsonString());
    }

    private static JsonObject Groups()
    {
        var groups = FakeResource.All.Where(r => r.Group.Length > 0).GroupBy(r => r.Group).Select(g => (JsonNode)new JsonObject
        {
            ["name"] = g.Key,
            ["versions"] = new JsonArray([.. g.Select(r => r.Version).Distinct().Select(v => (JsonNode)new JsonObject { ["groupVersion"] = $"{g.Key}/{v}", ["version"] = v })]),
            ["preferredVersion"] = new JsonObject { ["groupVersion"] = g.First().ApiVersion, ["version"] = g.First().Version },
        });
        return new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. groups]) };
    }

    private static JsonObject Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var resource in FakeResource.All.Where(r => r.Group == group && r.Version == version))
        {
            var entry = new JsonObject
            {
                ["name"] = resource.Plural,
                ["singularName"] = resource.Kind.ToLowerInvariant(),
                ["namespaced"] = resource.Namespaced,
                ["kind"] = resource.Kind,
                ["verbs"] = new JsonArray([.. Verbs.Select(v => (JsonNode)v)]),
            };
            if (resource.ShortName.Length > 0)
            {
                entry["shortNames"] = new JsonArray(resource.ShortName);
            }

            resources.Add(entry);
            if (resource.HasStatus)
            {
                resources.Add(new JsonObject
                {
                    ["name"] = resource.Plural + "/status",
                    ["singularName"] = "",
                    ["namespaced"] = resource.Namespaced,
                    ["kind"] = resource.Kind,
                    ["verbs"] = new JsonArray("get", "patch", "update"),
                });
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }
}
