using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Portico.Kubernetes.Reading;

namespace Portico.Kubernetes.Manifests;

/// <summary>
/// The JSON of a YAML node, with the node behind each value: an error at a byte of the JSON can name line and field
/// of the manifest. Aliases are written out as often as they are used, up to a limit.
/// </summary>
internal sealed class JsonText
{
    /// <summary>What aliases may add to a document. A bomb of nested aliases reaches any size; real manifests stay far below.</summary>
    private const int MaxExpansion = 4 << 20;

    /// <summary>A control character takes six bytes in JSON: the most that one byte of YAML becomes without aliases.</summary>
    private const int MaxEscape = 6;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = FieldReader.MaxDepth,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Place> _places = [];
    private readonly long _limit;

    private JsonText(int sourceBytes) => _limit = ((long)sourceBytes * MaxEscape) + MaxExpansion;

    private readonly record struct Place(long Offset, int Parent, string Step, YamlNode Node);

    public ReadOnlySpan<byte> Utf8 => _bytes.WrittenSpan;

    /// <summary>Null when aliases make the document too large.</summary>
    public static JsonText? Write(YamlNode root, int sourceBytes)
    {
        var text = new JsonText(sourceBytes);
        using var json = new Utf8JsonWriter(text._bytes, Options);
        return text.Write(json, root, -1, "") ? text : null;
    }

    /// <summary>The value that stands at a byte of the JSON, and the way to it.</summary>
    public (YamlNode Node, string Path) Find(long offset)
    {
        var index = _places.FindLastIndex(place => place.Offset <= offset);
        var found = _places[index];
        var steps = new List<string>();
        for (; index > 0; index = _places[index].Parent)
        {
            steps.Add(_places[index].Step);
        }

        steps.Reverse();
        return (found.Node, FieldPath.Join(steps));
    }

    private bool Write(Utf8JsonWriter json, YamlNode node, int parent, string step)
    {
        var offset = json.BytesCommitted + json.BytesPending;
        if (offset > _limit)
        {
            return false;
        }

        var place = _places.Count;
        _places.Add(new Place(offset, parent, step, node));
        return node switch
        {
            YamlMapping mapping => Mapping(json, mapping, place),
            YamlSequence sequence => Sequence(json, sequence, place),
            YamlScalar scalar => Scalar(json, scalar),
            _ => false,
        };
    }

    private bool Mapping(Utf8JsonWriter json, YamlMapping mapping, int place)
    {
        json.WriteStartObject();
        foreach (var entry in mapping.Entries)
        {
            json.WritePropertyName(entry.Key);
            if (!Write(json, entry.Value, place, entry.Key))
            {
                return false;
            }
        }

        json.WriteEndObject();
        return true;
    }

    private bool Sequence(Utf8JsonWriter json, YamlSequence sequence, int place)
    {
        json.WriteStartArray();
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (!Write(json, sequence.Items[i], place, $"[{i.ToString(CultureInfo.InvariantCulture)}]"))
            {
                return false;
            }
        }

        json.WriteEndArray();
        return true;
    }

    private static bool Scalar(Utf8JsonWriter json, YamlScalar scalar)
    {
        if (scalar.Kind == YamlScalarKind.String)
        {
            json.WriteStringValue(scalar.Value);
        }
        else
        {
            json.WriteRawValue(scalar.Value, skipInputValidation: true);
        }

        return true;
    }
}
