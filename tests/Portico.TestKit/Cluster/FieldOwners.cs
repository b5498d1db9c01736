using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>
/// Who owns which fields of one object: <c>metadata.managedFields</c>, and the rules of server-side apply. A field is the way to a
/// leaf; lists count as one leaf, which the API calls atomic (so it is for <c>status.loadBalancer.ingress</c>).
/// </summary>
internal static class FieldOwners
{
    private static readonly string[] Unowned = ["apiVersion", "kind"];

    private static readonly string[] UnownedMetadata =
        ["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp", "generateName"];

    /// <summary>Notes that a manager has written what differs between two versions.</summary>
    public static void NoteUpdate(JsonObject? before, JsonObject now, string manager, string subresource)
    {
        var old = before is null ? [] : Leaves(before);
        var fresh = Leaves(now);
        HashSet<string> written = [.. fresh.Where(leaf => !old.TryGetValue(leaf.Key, out var was) || !JsonNode.DeepEquals(was, leaf.Value)).Select(leaf => leaf.Key)];
        var owners = Read(now);
        foreach (var owner in owners)
        {
            owner.Fields.RemoveWhere(field => written.Contains(field) || !fresh.ContainsKey(field));
        }

        if (written.Count > 0)
        {
            Find(owners, manager, "Update", subresource).Fields.UnionWith(written);
        }

        Write(now, owners);
    }

    /// <summary>Applies a configuration onto a copy of the object.</summary>
    /// <exception cref="FakeStatusException">409: others own fields that would get another value.</exception>
    public static void Apply(JsonObject target, JsonObject configuration, string manager, string subresource, bool force)
    {
        var owners = Read(target);
        var own = Find(owners, manager, "Apply", subresource);
        var (leaves, present) = (Leaves(configuration), Leaves(target));
        var conflicts = new List<string>();
        foreach (var (field, value) in leaves)
        {
            if (present.TryGetValue(field, out var current) && JsonNode.DeepEquals(current, value))
            {
                continue;
            }

            foreach (var other in owners.Where(o => o != own && o.Fields.Contains(field)))
            {
                if (!force)
                {
                    conflicts.Add($"conflict with \"{other.Manager}\": .{field.Replace('/', '.')}");
                }

                other.Fields.Remove(field);
            }
        }

        if (conflicts.Count > 0)
        {
            throw new FakeStatusException(409, "Conflict", $"Apply failed with {conflicts.Count} conflict(s): {string.Join(", ", conflicts)}");
        }

        foreach (var field in own.Fields.Where(f => !leaves.ContainsKey(f) && !owners.Any(o => o != own && o.Fields.Contains(f))).ToList())
        {
            Remove(target, field);
        }

        own.Fields.Clear();
        foreach (var (field, value) in leaves)
        {
            Set(target, field, value);
            own.Fields.Add(field);
        }

        Write(target, owners);
    }

    private static Owner Find(List<Owner> owners, string manager, string operation, string subresource)
    {
        var owner = owners.Find(o => o.Manager == manager && o.Operation == operation && o.Subresource == subresource);
        if (owner is null)
        {
            owners.Add(owner = new Owner(manager, operation, subresource, []));
        }

        return owner;
    }

    private static SortedDictionary<string, JsonNode?> Leaves(JsonObject from)
    {
        var leaves = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (name, value) in from)
        {
            if (name == "metadata")
            {
                foreach (var (inner, metadata) in value as JsonObject ?? [])
                {
                    if (!UnownedMetadata.Contains(inner))
                    {
                        Walk($"metadata/{Escape(inner)}", metadata, leaves);
                    }
                }
            }
            else if (!Unowned.Contains(name))
            {
                Walk(Escape(name), value, leaves);
            }
        }

        return leaves;
    }

    private static void Walk(string path, JsonNode? value, SortedDictionary<string, JsonNode?> leaves)
    {
        if (value is JsonObject { Count: > 0 } map)
        {
            foreach (var (name, inner) in map)
            {
                Walk($"{path}/{Escape(name)}", inner, leaves);
            }
        }
        else
        {
            leaves[path] = value;
        }
    }

    private static void Set(JsonObject target, string field, JsonNode? value)
    {
        var steps = field.Split('/').Select(Unescape).ToArray();
        foreach (var step in steps[..^1])
        {
            if (target[step] is not JsonObject next)
            {
                target[step] = next = [];
            }

            target = next;
        }

        // The real server drops an empty list when it writes the object: Go's omitempty.
        if (value is JsonArray { Count: 0 })
        {
            target.Remove(steps[^1]);
        }
        else if (value is not JsonObject { Count: 0 } || target[steps[^1]] is not JsonObject)
        {
            target[steps[^1]] = value?.DeepClone();
        }
    }

    private static void Remove(JsonObject target, string field)
    {
        var steps = field.Split('/').Select(Unescape).ToArray();
        foreach (var step in steps[..^1])
        {
            if (target[step] is not JsonObject next)
            {
                return;
            }

            target = next;
        }

        target.Remove(steps[^1]);
    }

    private static List<Owner> Read(JsonObject from)
    {
        var owners = new List<Owner>();
        foreach (var entry in (from["metadata"]?["managedFields"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var fields = new HashSet<string>(StringComparer.Ordinal);
            ReadFields("", entry["fieldsV1"] as JsonObject ?? [], fields);
            owners.Add(new Owner(entry["manager"]!.GetValue<string>(), entry["operation"]!.GetValue<string>(), entry["subresource"]?.GetValue<string>() ?? "", fields));
        }

        return owners;
    }

    private static void ReadFields(string path, JsonObject from, HashSet<string> fields)
    {
        foreach (var (name, inner) in from)
        {
            var field = path.Length == 0 ? Escape(name[2..]) : $"{path}/{Escape(name[2..])}";
            if (inner is JsonObject { Count: > 0 } deeper)
            {
                ReadFields(field, deeper, fields);
            }
            else
            {
                fields.Add(field);
            }
        }
    }

    private static void Write(JsonObject target, List<Owner> owners)
    {
        var list = new JsonArray();
        foreach (var owner in owners.Where(o => o.Fields.Count > 0))
        {
            var tree = new JsonObject();
            foreach (var field in owner.Fields)
            {
                var place = tree;
                foreach (var step in field.Split('/'))
                {
                    var name = "f:" + Unescape(step);
                    if (place[name] is not JsonObject next)
                    {
                        place[name] = next = [];
                    }

                    place = next;
                }
            }

            var entry = new JsonObject
            {
                ["manager"] = owner.Manager,
                ["operation"] = owner.Operation,
                ["apiVersion"] = target["apiVersion"]?.GetValue<string>(),
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = tree,
            };
            if (owner.Subresource.Length > 0)
            {
                entry["subresource"] = owner.Subresource;
            }

            list.Add(entry);
        }

        var metadata = (JsonObject)target["metadata"]!;
        if (list.Count > 0)
        {
            metadata["managedFields"] = list;
        }
        else
        {
            metadata.Remove("managedFields");
        }
    }

    private static string Escape(string step) => step.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Unescape(string step) => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private sealed record Owner(string Manager, string Operation, string Subresource, HashSet<string> Fields);
}
