namespace Portico.Kubernetes.Resources;

/// <summary>meta/v1 LabelSelector: every label and every expression must hold; an empty one matches everything.</summary>
public sealed record ObjectSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<SelectorRequirement> MatchExpressions { get; init; } = [];

    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        MatchLabels.All(l => labels.TryGetValue(l.Key, out var value) && value == l.Value) && MatchExpressions.All(e => e.Holds(labels));

    /// <summary>Why it is no selector; null when it is one.</summary>
    public string? Problem => MatchExpressions.Select(e => e.Problem).FirstOrDefault(p => p is not null);

    /// <summary>One text for selectors that mean the same.</summary>
    public override string ToString() => string.Join(
        ',',
        MatchLabels.Select(l => $"{l.Key}={l.Value}")
            .Concat(MatchExpressions.Select(e => $"{e.Key} {e.Operator} ({string.Join(',', e.Values.Order(StringComparer.Ordinal))})"))
            .Order(StringComparer.Ordinal));
}

public sealed record SelectorRequirement
{
    public string Key { get; init; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string Operator { get; init; } = "";

    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Why it is none; null when it is one.</summary>
    public string? Problem => Operator switch
    {
        "In" or "NotIn" => Values.Count > 0 ? null : $"{Key} {Operator} needs values",
        "Exists" or "DoesNotExist" => Values.Count == 0 ? null : $"{Key} {Operator} takes no values",
        _ => $"'{Operator}' is no operator of a selector; write In, NotIn, Exists or DoesNotExist",
    };

    /// <summary>An unknown operator matches nothing.</summary>
    public bool Holds(IReadOnlyDictionary<string, string> labels) => Operator switch
    {
        "In" => labels.TryGetValue(Key, out var value) && Values.Contains(value, StringComparer.Ordinal),
        "NotIn" => !labels.TryGetValue(Key, out var value) || !Values.Contains(value, StringComparer.Ordinal),
        "Exists" => labels.ContainsKey(Key),
        "DoesNotExist" => !labels.ContainsKey(Key),
        _ => false,
    };
}
