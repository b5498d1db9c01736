namespace Portico.TestKit.Cluster;

/// <summary>The label and field selectors of a list or watch.</summary>
internal sealed class FakeSelector
{
    private readonly List<Func<FakeObject, bool>> _requirements = [];

    /// <exception cref="FakeStatusException">A field that cannot be selected by.</exception>
    public static FakeSelector Parse(string labels, string fields)
    {
        var selector = new FakeSelector();
        foreach (var part in labels.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            selector._requirements.Add(Label(part));
        }

        foreach (var part in fields.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            selector._requirements.Add(Field(part));
        }

        return selector;
    }

    public bool SelectsAll => _requirements.Count == 0;

    public bool Matches(FakeObject? found) => found is not null && _requirements.TrueForAll(holds => holds(found));

    private static Func<FakeObject, bool> Label(string text)
    {
        if (text.StartsWith('!'))
        {
            return o => !o.Labels.ContainsKey(text[1..]);
        }

        var (key, value, equal) = Split(text);
        return value is null ? o => o.Labels.ContainsKey(key) : o => (o.Labels.TryGetValue(key, out var found) && found == value) == equal;
    }

    private static Func<FakeObject, bool> Field(string text)
    {
        var (key, value, equal) = Split(text);
        Func<FakeObject, string> field = key switch
        {
            "metadata.name" => o => o.Name,
            "metadata.namespace" => o => o.Namespace,
            "type" => o => o.Type,
            "involvedObject.name" or "involvedObject.kind" or "involvedObject.namespace" or "involvedObject.uid" =>
                o => o.Copy()["involvedObject"]?[key["involvedObject.".Length..]]?.GetValue<string>() ?? "",
            _ => throw new FakeStatusException(400, "BadRequest", $"field label not supported: {key}"),
        };
        return o => (field(o) == value) == equal;
    }

    private static (string Key, string? Value, bool Equal) Split(string text)
    {
        var sign = text.IndexOf('=', StringComparison.Ordinal);
        if (sign < 0)
        {
            return (text, null, true);
        }

        var negated = text[sign - 1] == '!';
        return (text[..(negated ? sign - 1 : sign)], text[(sign + 1)..].TrimStart('='), !negated);
    }
}

/// <summary>An answer of the API server other than success.</summary>
internal sealed class FakeStatusException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>With 429: seconds.</summary>
    public int RetryAfter { get; init; }

    /// <summary>With an expired list: the token of the inconsistent rest.</summary>
    public string Continue { get; init; } = "";
}
