using System.Globalization;
using System.Text.Json;

namespace Portico.Kubernetes.Reading;

/// <summary>Reads one item of a list; the reader stands at the item's first token and is left at its last.</summary>
internal delegate T ItemReader<T>(ref FieldReader reader);

/// <summary>Reads the value of a field and gives what was read so far with it; the reader stands at the value's first token.</summary>
internal delegate T FieldReading<T>(ref FieldReader reader, string name, T read);

/// <summary>
/// Reads typed fields from JSON as the API server's decoder does: null is the zero value, a value of another type is
/// refused, nothing is converted. The first refusal is kept with its place and ends the reading: every later call
/// gives a default, so that callers need no check of their own. Malformed JSON throws <see cref="JsonException"/>.
/// </summary>
/// <remarks>
/// Written by hand because the source generator of System.Text.Json overwrites the defaults of init-only properties
/// with null when a field is absent, and its errors name CLR types.
/// </remarks>
internal ref struct FieldReader
{
    public const int MaxDepth = 256;

    private const int StackTextBytes = 256;

    private Utf8JsonReader _json;

    public FieldReader(ReadOnlySpan<byte> utf8)
    {
        _json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        _json.Read();
    }

    /// <summary>What should have stood at <see cref="FailedAt"/>; null as long as all is well.</summary>
    public string? Expected { get; private set; }

    /// <summary>Byte offset of the refused value.</summary>
    public long FailedAt { get; private set; }

    private readonly bool IsNull => _json.TokenType == JsonTokenType.Null;

    public void Fail(string expected)
    {
        if (Expected is null)
        {
            Expected = expected;
            FailedAt = _json.TokenStartIndex;
        }
    }

    /// <summary>False for null, which has no fields, and for what is not a mapping.</summary>
    public bool StartObject() => Is(JsonTokenType.StartObject, "a mapping");

    /// <summary>Moves to the next field's value.</summary>
    public bool NextField(out string name)
    {
        name = "";
        if (Expected is not null || !_json.Read() || _json.TokenType != JsonTokenType.PropertyName)
        {
            return false;
        }

        name = Text();
        _json.Read();
        return Expected is null;
    }

    /// <summary>Reads an object field by field, beginning with what an absent one says.</summary>
    public T Fields<T>(T absent, FieldReading<T> read)
    {
        if (StartObject())
        {
            while (NextField(out var name))
            {
                absent = read(ref this, name, absent);
            }
        }

        return absent;
    }

    public void Skip()
    {
        if (Expected is null)
        {
            _json.Skip();
        }
    }

    /// <summary>Skips a field that says nothing to us.</summary>
    public T Skip<T>(T read)
    {
        Skip();
        return read;
    }

    public string String() => NullableString() ?? "";

    /// <summary>A field that the API server fills in when it is absent or empty.</summary>
    public string String(string otherwise) => NullableString() is { Length: > 0 } text ? text : otherwise;

    public string? NullableString() => Is(JsonTokenType.String, "a string") ? Text() : null;

    public int Int32() => NullableInt32() ?? 0;

    public int? NullableInt32()
    {
        if (!Is(JsonTokenType.Number, "a number"))
        {
            return null;
        }

        if (!_json.TryGetInt32(out var value))
        {
            Fail("a whole number of 32 bits");
        }

        return value;
    }

    public long Int64()
    {
        if (!Is(JsonTokenType.Number, "a number"))
        {
            return 0;
        }

        if (!_json.TryGetInt64(out var value))
        {
            Fail("a whole number of 64 bits");
        }

        return value;
    }

    public bool? NullableBoolean()
    {
        if (Expected is not null || IsNull)
        {
            return null;
        }

        if (_json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
        {
            Fail("true or false");
            return null;
        }

        return _json.GetBoolean();
    }

    /// <summary>A number or a name as text. Zero is the unset value of the type.</summary>
    public string IntOrString()
    {
        if (Expected is null && _json.TokenType == JsonTokenType.String)
        {
            return Text();
        }

        if (!Is(JsonTokenType.Number, "a number or a string"))
        {
            return "";
        }

        var number = Int32();
        return number == 0 ? "" : number.ToString(CultureInfo.InvariantCulture);
    }

    public DateTimeOffset? Timestamp()
    {
        if (NullableString() is not { } text)
        {
            return null;
        }

        if (!Rfc3339.TryParse(text, out var time))
        {
            Fail("an RFC 3339 time such as 2006-01-02T15:04:05Z");
        }

        return Expected is null ? time : null;
    }

    /// <summary>Base64, decoded. Like <see cref="PlainBytes"/> it makes no string: a secret is not interned.</summary>
    public byte[] Base64()
    {
        if (!Is(JsonTokenType.String, "a string"))
        {
            return [];
        }

        if (!_json.TryGetBytesFromBase64(out var decoded))
        {
            Fail("base64 (plain text belongs in stringData)");
        }

        return decoded ?? [];
    }

    public byte[] PlainBytes()
    {
        if (!Is(JsonTokenType.String, "a string"))
        {
            return [];
        }

        var bytes = new byte[_json.ValueSpan.Length];
        return bytes[.._json.CopyString(bytes)];
    }

    public IReadOnlyList<T> List<T>(ItemReader<T> read)
    {
        if (!Is(JsonTokenType.StartArray, "a list"))
        {
            return [];
        }

        var items = new List<T>();
        while (Expected is null && _json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            items.Add(read(ref this));
        }

        return items.Count == 0 ? [] : items.ToArray();
    }

    public IReadOnlyList<string> Strings() => List(static (ref FieldReader r) => r.String());

    public CompactMap<string> StringMap() => CompactMap<string>.From(Map(static (ref FieldReader r) => r.String()));

    public List<KeyValuePair<string, T>> Map<T>(ItemReader<T> read)
    {
        var entries = new List<KeyValuePair<string, T>>();
        if (StartObject())
        {
            while (NextField(out var name))
            {
                entries.Add(new(name, read(ref this)));
            }
        }

        return entries;
    }

    /// <summary>False without a failure for null.</summary>
    private bool Is(JsonTokenType type, string expected)
    {
        if (Expected is not null || IsNull)
        {
            return false;
        }

        if (_json.TokenType != type)
        {
            Fail(expected);
            return false;
        }

        return true;
    }

    private readonly string Text()
    {
        if (!_json.ValueIsEscaped)
        {
            return InternedStrings.Get(_json.ValueSpan);
        }

        if (_json.ValueSpan.Length > StackTextBytes)
        {
            return _json.GetString() ?? "";
        }

        Span<byte> unescaped = stackalloc byte[StackTextBytes];
        return InternedStrings.Get(unescaped[.._json.CopyString(unescaped)]);
    }
}
