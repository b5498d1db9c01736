using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portico.Kubernetes.Api;

/// <summary>Objects that are read rarely and written back whole: as JSON, so that nothing is lost that we do not know.</summary>
internal static class ApiJson
{
    /// <exception cref="IOException">This is no object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonNode.Parse(utf8) as JsonObject ?? throw new IOException("the answer of the API server is no object");
        }
        catch (JsonException error)
        {
            throw new IOException($"the answer of the API server is not well-formed JSON: {error.Message}", error);
        }
    }

    public static ReadOnlyMemory<byte> Write(JsonObject found)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            found.WriteTo(writer);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>A string field; empty when it is absent or something else.</summary>
    public static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
