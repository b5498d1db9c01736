using System.Text.Json;
using Portico.Kubernetes.Reading;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api;

/// <summary>An object that could not be read: its name as far as known, and why.</summary>
internal readonly record struct UnreadableObject(string Namespace, string Name, string Problem);

/// <summary>One page of a list. An item that cannot be read harms only itself.</summary>
internal sealed class ObjectList
{
    public List<KubernetesObject> Objects { get; } = [];

    public List<UnreadableObject> Unreadable { get; } = [];

    public ListMetadata Metadata { get; private set; } = new("", "");

    /// <exception cref="IOException">This is no list.</exception>
    public static ObjectList Read(ResourceKind kind, ReadOnlySpan<byte> utf8)
    {
        var list = new ObjectList();
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = FieldReader.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new IOException("the answer is no list");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("items"u8))
                {
                    list.ReadItems(ref reader, kind, utf8);
                }
                else if (reader.ValueTextEquals("metadata"u8))
                {
                    var fields = new FieldReader(NextValue(ref reader, utf8));
                    list.Metadata = ListMetadata.Read(ref fields);
                }
                else
                {
                    reader.Skip();
                }
            }

            // A body that was cut short looks like a shorter list otherwise.
            if (reader.TokenType != JsonTokenType.EndObject || list.Metadata.ResourceVersion.Length == 0)
            {
                throw new IOException("the answer is no list");
            }

            return list;
        }
        catch (JsonException error)
        {
            throw new IOException($"the list is not well-formed JSON: {error.Message}", error);
        }
    }

    /// <summary>The bytes of the value that follows; the reader is left at its last token.</summary>
    internal static ReadOnlySpan<byte> NextValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        reader.Read();
        return ThisValue(ref reader, utf8);
    }

    internal static (string Namespace, string Name, string Version) IdentityOf(ReadOnlySpan<byte> utf8)
    {
        string ns = "", name = "", version = "";
        var r = new FieldReader(utf8);
        if (r.StartObject())
        {
            while (r.NextField(out var field))
            {
                if (field != "metadata" || !r.StartObject())
                {
                    r.Skip();
                    continue;
                }

                while (r.NextField(out var inner))
                {
                    switch (inner)
                    {
                        case "namespace": ns = r.String(); break;
                        case "name": name = r.String(); break;
                        case "resourceVersion": version = r.String(); break;
                        default: r.Skip(); break;
                    }
                }
            }
        }

        return (ns, name, version);
    }

    private static ReadOnlySpan<byte> ThisValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return utf8[start..(int)reader.BytesConsumed];
    }

    private void ReadItems(ref Utf8JsonReader reader, ResourceKind kind, ReadOnlySpan<byte> utf8)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new IOException("the answer is no list");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var item = ThisValue(ref reader, utf8);
            if (ResourceReader.Read(kind, item, out var failure) is { Metadata.Name.Length: > 0 } read)
            {
                Objects.Add(read);
            }
            else
            {
                var (ns, name, _) = IdentityOf(item);
                Unreadable.Add(new UnreadableObject(ns, name, $"expected {failure.Expected ?? "a name"} at byte {failure.Offset}"));
            }
        }
    }
}
