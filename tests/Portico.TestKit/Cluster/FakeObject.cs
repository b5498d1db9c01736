using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>One version of an object as it is stored. Immutable: <see cref="Copy"/> before changing anything.</summary>
internal sealed class FakeObject
{
    private readonly JsonObject _json;

    public FakeObject(JsonObject json, long version)
    {
        _json = json;
        Version = version;
        var metadata = (JsonObject)json["metadata"]!;
        Namespace = metadata["namespace"]?.GetValue<string>() ?? "";
        Name = metadata["name"]!.GetValue<string>();
        Labels = metadata["labels"] is JsonObject labels
            ? labels.ToImmutableDictionary(l => l.Key, l => l.Value?.GetValue<string>() ?? "")
            : ImmutableDictionary<string, string>.Empty;
        Type = json["type"] is JsonValue type && type.TryGetValue<string>(out var text) ? text : "";
        Utf8 = JsonSerializer.SerializeToUtf8Bytes(json);
    }

    public string Namespace { get; }

    public string Name { get; }

    public string Key => $"{Namespace}/{Name}";

    public long Version { get; }

    public ImmutableDictionary<string, string> Labels { get; }

    /// <summary>The type of a Secret.</summary>
    public string Type { get; }

    public byte[] Utf8 { get; }

    public JsonObject Copy() => (JsonObject)JsonNode.Parse(Utf8)!;
}
