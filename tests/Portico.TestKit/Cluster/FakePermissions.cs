using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>
/// What the roles and bindings of a fake cluster allow a ServiceAccount (RBAC): read once, from the objects that are there. A list or watch
/// whose field selector names one object counts as one for that name, as in the real server.
/// </summary>
public sealed class FakePermissions
{
    private const string ByName = "metadata.name=";

    private readonly List<(string Namespace, JsonObject Rule)> _rules = [];

    private FakePermissions()
    {
    }

    public static FakePermissions Of(FakeApiServer server, string ns, string account)
    {
        var permissions = new FakePermissions();
        foreach (var binding in server.List("clusterrolebindings").Where(b => Binds(b, ns, account)))
        {
            permissions.Add("", RoleOf(server, binding, ""));
        }

        foreach (var binding in server.List("rolebindings").Where(b => Binds(b, ns, account)))
        {
            var where = Text(binding["metadata"]!["namespace"]);
            permissions.Add(where, RoleOf(server, binding, where));
        }

        return permissions;
    }

    public bool Allows(FakeRequest request)
    {
        var resource = request.Subresource.Length > 0 ? $"{request.Resource}/{request.Subresource}" : request.Resource;
        return _rules.Exists(r => (r.Namespace.Length == 0 || r.Namespace == request.Namespace)
            && Has(r.Rule, "verbs", request.Verb) && Has(r.Rule, "apiGroups", request.Group) && Has(r.Rule, "resources", resource)
            && (r.Rule["resourceNames"] is null || Has(r.Rule, "resourceNames", NameOf(request))));
    }

    private static bool Binds(JsonObject binding, string ns, string account) => (binding["subjects"] as JsonArray ?? []).OfType<JsonObject>().Any(
        subject => Text(subject["kind"]) == "ServiceAccount" && Text(subject["name"]) == account && Text(subject["namespace"]) == ns);

    private static JsonObject? RoleOf(FakeApiServer server, JsonObject binding, string ns) =>
        Text(binding["roleRef"]!["kind"]) == "ClusterRole"
            ? server.Get("clusterroles", "", Text(binding["roleRef"]!["name"]))
            : server.Get("roles", ns, Text(binding["roleRef"]!["name"]));

    private static bool Has(JsonObject rule, string list, string wanted) => (rule[list] as JsonArray ?? []).Any(entry => Text(entry) is var text && (text == wanted || text == "*"));

    private static string NameOf(FakeRequest request) =>
        request.Name.Length > 0 ? request.Name
        : request.Query.GetValueOrDefault("fieldSelector") is { } selector && selector.StartsWith(ByName, StringComparison.Ordinal) ? selector[ByName.Length..]
        : "";

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private void Add(string ns, JsonObject? role) =>
        _rules.AddRange((role?["rules"] as JsonArray ?? []).OfType<JsonObject>().Select(rule => (ns, rule)));
}
