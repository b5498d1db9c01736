using System.Text.Json;
using Portico.Kubernetes.Reading;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api;

/// <summary>An object that could not be read: its name as far as known, and why.</summary>
internal readonly record struct UnreadableObject(string Namespace, string Name, string Problem);

/// <summary>
/// One page of a list, read while it comes: an item's text is gone as soon as the item is read, so that a page of large objects takes
/// the memory of one. An item that cannot be read harms only itself.
/// </summary>
internal sealed class ObjectList
{
    private readonly ResourceKind _kind;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = FieldReader.MaxDepth });
    private Place _place = Place.Start;

    private ObjectList(ResourceKind kind) => _kind = kind;

    private enum Place
    {
        Start,
        Fields,
        Items,
        End,
    }

    public List<KubernetesObject> Objects { get; } = [];

    public List<UnreadableObject> Unreadable { get; } = [];

    public ListMetadata Metadata { get; private set; } = new("", "");

    /// <exception cref="IOException">This is no list, or not a whole one.</exception>
    public static async Task<ObjectList> ReadAsync(ResourceKind kind, AnswerBody body)
    {
        var list = new ObjectList(kind);
        using var text = new PooledText();
        while (true)
        {
            var read = await body.ReadAsync(text.Free()).ConfigureAwait(false);
            text.Advance(read);
            text.Drop(list.Take(text.Written.Span, isLast: read == 0));
            if (read > 0)
            {
                continue;
            }

            // A body that was cut short looks like a shorter list otherwise.
            return list._place == Place.End && list.Metadata.ResourceVersion.Length > 0 ? list : throw NoList();
        }
    }

    /// <summary>The bytes of the value that follows; the reader is left at its last token.</summary>
    internal static ReadOnlySpan<byte> NextValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return utf8[start..(int)reader.BytesConsumed];
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

    /// <summary>Reads as many whole fields and items as there are.</summary>
    /// <returns>How many bytes need not be shown again.</returns>
    private int Take(ReadOnlySpan<byte> text, bool isLast)
    {
        try
        {
            var taken = 0;
            var reader = new Utf8JsonReader(text, isLast, _state);
            while (TakeNext(ref reader, text))
            {
                (_state, taken) = (reader.CurrentState, (int)reader.BytesConsumed);
            }

            return taken;
        }
        catch (JsonException error)
        {
            throw new IOException($"the list is not well-formed JSON: {error.Message}", error);
        }
    }

    /// <summary>False when the next one is not whole yet; the reader is of no use then.</summary>
    private bool TakeNext(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        if (!reader.Read())
        {
            return false;
        }

        switch (_place, reader.TokenType)
        {
            case (Place.Start, JsonTokenType.StartObject):
                _place = Place.Fields;
                return true;
            case (Place.Fields, JsonTokenType.EndObject):
                _place = Place.End;
                return true;
            case (Place.Fields, JsonTokenType.PropertyName):
                return TakeField(ref reader, text);
            case (Place.Items, JsonTokenType.EndArray):
                _place = Place.Fields;
                return true;
            case (Place.Items, _):
                return TakeItem(ref reader, text);
            default:
                throw NoList();
        }
    }

    private bool TakeField(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        var (isItems, isMetadata) = (reader.ValueTextEquals("items"u8), reader.ValueTextEquals("metadata"u8));
        if (!reader.Read())
        {
            return false;
        }

        if (isItems && reader.TokenType != JsonTokenType.Null)
        {
            _place = reader.TokenType == JsonTokenType.StartArray ? Place.Items : throw NoList();
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        if (isMetadata)
        {
            var fields = new FieldReader(text[start..(int)reader.BytesConsumed]);
            Metadata = ListMetadata.Read(ref fields);
        }

        return true;
    }

    private bool TakeItem(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        var item = text[start..(int)reader.BytesConsumed];
        if (ResourceReader.Read(_kind, item, out var failure) is { Metadata.Name.Length: > 0 } read)
        {
            Objects.Add(read);
        }
        else
        {
            var (ns, name, _) = IdentityOf(item);
            Unreadable.Add(new UnreadableObject(ns, name, $"expected {failure.Expected ?? "a name"} at byte {failure.Offset}"));
        }

        return true;
    }

    private static IOException NoList() => new("the answer is no list");
}
