using System.Text.Json;
using Portico.Kubernetes.Reading;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api;

internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

/// <summary>One line of a watch.</summary>
/// <param name="Object">Null for bookmarks, errors, and an object that could not be read.</param>
/// <param name="Version">The resourceVersion from which a later watch goes on.</param>
internal readonly record struct WatchEvent(
    WatchEventType Type, KubernetesObject? Object, string Version, UnreadableObject? Unreadable = null, ApiStatus? Status = null)
{
    /// <exception cref="IOException">This is no event.</exception>
    public static WatchEvent Read(ResourceKind kind, ReadOnlySpan<byte> line)
    {
        try
        {
            var type = "";
            ReadOnlySpan<byte> found = default;
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = FieldReader.MaxDepth });
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (reader.ValueTextEquals("type"u8))
                    {
                        reader.Read();
                        type = reader.TokenType == JsonTokenType.String ? reader.GetString() : "";
                    }
                    else if (reader.ValueTextEquals("object"u8))
                    {
                        found = ObjectList.NextValue(ref reader, line);
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }

            return Interpret(kind, type ?? "", found);
        }
        catch (JsonException error)
        {
            throw new IOException($"a watch event is not well-formed JSON: {error.Message}", error);
        }
    }

    private static WatchEvent Interpret(ResourceKind kind, string type, ReadOnlySpan<byte> found)
    {
        switch (type)
        {
            case "ADDED": return OfObject(WatchEventType.Added, kind, found);
            case "MODIFIED": return OfObject(WatchEventType.Modified, kind, found);
            case "DELETED": return OfObject(WatchEventType.Deleted, kind, found);
            case "BOOKMARK": return new WatchEvent(WatchEventType.Bookmark, null, ObjectList.IdentityOf(found).Version);
            case "ERROR": return new WatchEvent(WatchEventType.Error, null, "", Status: ApiStatus.Parse(500, found));
            default: throw new IOException($"a watch event has the unknown type '{(type.Length > 20 ? type[..20] : type)}'");
        }
    }

    private static WatchEvent OfObject(WatchEventType type, ResourceKind kind, ReadOnlySpan<byte> found)
    {
        if (ResourceReader.Read(kind, found, out var failure) is { Metadata.Name.Length: > 0 } read)
        {
            return new WatchEvent(type, read, read.Metadata.ResourceVersion);
        }

        var (ns, name, version) = ObjectList.IdentityOf(found);
        return name.Length > 0
            ? new WatchEvent(type, null, version, new UnreadableObject(ns, name, $"expected {failure.Expected} at byte {failure.Offset}"))
            : throw new IOException("a watch event names no object");
    }
}
