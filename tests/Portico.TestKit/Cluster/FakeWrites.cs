using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>Creating, replacing, patching, applying and deleting, with the API server's rules about metadata, status and conflicts.</summary>
internal sealed class FakeWrites(FakeStore store, TimeProvider clock)
{
    public FakeObject Create(FakeResource resource, string ns, JsonObject body, string manager)
    {
        Check(resource, ns, body);
        var metadata = (JsonObject)body["metadata"]!;
        if (metadata["name"] is null && metadata["generateName"] is { } prefix)
        {
            metadata["name"] = prefix.GetValue<string>() + Guid.NewGuid().ToString("N")[..5];
        }

        var name = metadata["name"]?.GetValue<string>() ?? throw Invalid(resource, "", "metadata.name: Required value: name or generateName is required");
        return store.Write(resource, ns, name, before =>
        {
            if (before is not null)
            {
                throw new FakeStatusException(409, "AlreadyExists", $"{resource.Plural} \"{name}\" already exists");
            }

            if (resource.HasStatus)
            {
                body.Remove("status");
            }

            Begin(resource, ns, body);
            FakeValidation.Check(resource, body);
            FieldOwners.NoteUpdate(null, body, manager, "");
            return body;
        })!;
    }

    public FakeObject Update(FakeResource resource, string ns, string name, string subresource, JsonObject body, string manager)
    {
        Check(resource, ns, body, name);
        return store.Write(resource, ns, name, before =>
        {
            var current = before ?? throw NotFound(resource, name);
            if (body["metadata"]?["resourceVersion"] is JsonValue version && version.GetValue<string>() is { Length: > 0 } given
                && given != current["metadata"]!["resourceVersion"]!.GetValue<string>())
            {
                throw new FakeStatusException(
                    409, "Conflict",
                    $"Operation cannot be fulfilled on {resource.Plural} \"{name}\": the object has been modified; please apply your changes to the latest version and try again");
            }

            return Finish(resource, subresource, current, body, now => FieldOwners.NoteUpdate(current, now, manager, subresource));
        })!;
    }

    public FakeObject MergePatch(FakeResource resource, string ns, string name, string subresource, JsonObject patch, string manager) =>
        store.Write(resource, ns, name, before =>
        {
            var current = before ?? throw NotFound(resource, name);
            if (patch["metadata"]?["resourceVersion"] is JsonValue version && version.GetValue<string>() != current["metadata"]!["resourceVersion"]!.GetValue<string>())
            {
                throw new FakeStatusException(409, "Conflict", $"Operation cannot be fulfilled on {resource.Plural} \"{name}\": the object has been modified");
            }

            var now = (JsonObject)current.DeepClone();
            Merge(now, patch);
            return Finish(resource, subresource, current, now, result => FieldOwners.NoteUpdate(current, result, manager, subresource));
        })!;

    public FakeObject Apply(FakeResource resource, string ns, string name, string subresource, JsonObject configuration, string manager, bool force)
    {
        if (manager.Length == 0)
        {
            throw new FakeStatusException(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        }

        Check(resource, ns, configuration, name);
        if (configuration["metadata"]?["managedFields"] is not null)
        {
            throw new FakeStatusException(400, "BadRequest", "metadata.managedFields must be nil");
        }

        return store.Write(resource, ns, name, before =>
        {
            if (before is null && subresource.Length > 0)
            {
                throw NotFound(resource, name);
            }

            var now = before is null ? new JsonObject() : (JsonObject)before.DeepClone();
            if (before is null)
            {
                (now["apiVersion"], now["kind"]) = (resource.ApiVersion, resource.Kind);
                now["metadata"] = new JsonObject { ["name"] = name };
                Begin(resource, ns, now);
            }

            var part = Part(configuration, subresource, resource);
            FieldOwners.Apply(now, part, manager, subresource, force);
            if (before is null)
            {
                FakeValidation.Check(resource, now);
                return now;
            }

            return Finish(resource, subresource, before, now, static _ => { });
        })!;
    }

    public FakeObject Delete(FakeResource resource, string ns, string name)
    {
        var gone = store.Find(resource, ns, name) ?? throw NotFound(resource, name);
        store.Write(resource, ns, name, static _ => null);
        return gone;
    }

    public static FakeStatusException NotFound(FakeResource resource, string name) =>
        new(404, "NotFound", $"{(resource.Group.Length > 0 ? $"{resource.Plural}.{resource.Group}" : resource.Plural)} \"{name}\" not found");

    /// <summary>RFC 7386.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                if (target[name] is not JsonObject deeper)
                {
                    target[name] = deeper = [];
                }

                Merge(deeper, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    /// <summary>A subresource changes the status and nothing else; the object itself everything but the status.</summary>
    private static JsonObject Finish(FakeResource resource, string subresource, JsonObject before, JsonObject now, Action<JsonObject> note)
    {
        var result = subresource == "status" ? (JsonObject)before.DeepClone() : now;
        if (subresource == "status")
        {
            Take(now, result, "status");
            if (now["metadata"]?["managedFields"] is { } fields)
            {
                result["metadata"]!["managedFields"] = fields.DeepClone();
            }
        }
        else if (resource.HasStatus)
        {
            Take(before, result, "status");
        }

        var (old, metadata) = ((JsonObject)before["metadata"]!, (JsonObject)result["metadata"]!);
        foreach (var kept in new[] { "uid", "creationTimestamp", "namespace", "name", "generation", "resourceVersion" })
        {
            Take(old, metadata, kept);
        }

        if (subresource.Length == 0 && metadata["managedFields"] is null)
        {
            Take(old, metadata, "managedFields");
        }

        if (subresource.Length == 0 && metadata["generation"] is JsonValue generation && !JsonNode.DeepEquals(before["spec"], result["spec"]))
        {
            metadata["generation"] = generation.GetValue<long>() + 1;
        }

        FakeValidation.Check(resource, result);
        note(result);
        return result;
    }

    private static JsonObject Part(JsonObject configuration, string subresource, FakeResource resource)
    {
        var part = (JsonObject)configuration.DeepClone();
        foreach (var name in part.Select(p => p.Key).ToList())
        {
            var keep = name is "apiVersion" or "kind" or "metadata" || (subresource.Length > 0 ? name == subresource : name != "status" || !resource.HasStatus);
            if (!keep)
            {
                part.Remove(name);
            }
        }

        return part;
    }

    private static void Take(JsonObject from, JsonObject to, string name)
    {
        if (from[name] is { } value)
        {
            to[name] = value.DeepClone();
        }
        else
        {
            to.Remove(name);
        }
    }

    private void Begin(FakeResource resource, string ns, JsonObject created)
    {
        var metadata = (JsonObject)created["metadata"]!;
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        if (resource.Namespaced)
        {
            metadata["namespace"] = ns;
        }

        if (resource.HasStatus || resource.Kind is "IngressClass" or "ValidatingWebhookConfiguration")
        {
            metadata["generation"] = 1;
        }
    }

    /// <param name="name">From the address; empty when it has none.</param>
    private static void Check(FakeResource resource, string ns, JsonObject body, string name = "")
    {
        if (body["kind"]?.GetValue<string>() != resource.Kind || body["apiVersion"]?.GetValue<string>() != resource.ApiVersion)
        {
            throw new FakeStatusException(400, "BadRequest", $"the object provided is not a {resource.ApiVersion} {resource.Kind}");
        }

        if (body["metadata"] is not JsonObject metadata)
        {
            throw Invalid(resource, "", "metadata: Required value");
        }

        if (name.Length > 0 && metadata["name"]?.GetValue<string>() is var given && given != name)
        {
            throw new FakeStatusException(400, "BadRequest", $"the name of the object ({given}) does not match the name on the URL ({name})");
        }

        if (resource.Namespaced && metadata["namespace"]?.GetValue<string>() is { Length: > 0 } written && written != ns)
        {
            throw new FakeStatusException(400, "BadRequest", $"the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    internal static FakeStatusException Invalid(FakeResource resource, string name, string message) =>
        new(422, "Invalid", $"{resource.Kind} \"{name}\" is invalid: {message}");
}
