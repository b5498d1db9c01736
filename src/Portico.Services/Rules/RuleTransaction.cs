using System.Text;

namespace Portico.Services.Rules;

/// <summary>
/// What is to change in the table of a family. Two parts, because they are written in two ways: the structure (sets, chains, rules) is text and small;
/// elements are data, grow with the cluster and lead to the structure, never the other way. So structure that is there before its elements does
/// nothing to any packet. Immutable.
/// </summary>
internal sealed class RuleTransaction(IpFamily family)
{
    public IpFamily Family => family;

    /// <summary>Sets, chains and rules, in the nft language; empty when none changes.</summary>
    public string Structure { get; init; } = "";

    /// <summary>Whether the table that is there is thrown away first, because it cannot be built upon.</summary>
    public bool ReplacesTable { get; init; }

    /// <summary>Whether the sets are emptied first.</summary>
    public bool ReplacesElements { get; init; }

    /// <summary>In the order of their sets, like <see cref="Added"/>.</summary>
    public (RuleKey Key, string Value)[] Removed { get; init; } = [];

    public (RuleKey Key, string Value)[] Added { get; init; } = [];

    public bool HasElements => ReplacesElements || Removed.Length + Added.Length > 0;

    public bool IsEmpty => Structure.Length == 0 && !HasElements;

    /// <summary>All of it as <c>nft -f</c> reads it, one transaction.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        if (ReplacesTable)
        {
            text.Append(TableLayout.Deletion(family));
        }

        text.Append(Structure);
        if (ReplacesElements)
        {
            foreach (var set in RuleSets.All)
            {
                text.Append(FormattableString.Invariant($"flush {(set.IsMap() ? "map" : "set")} {family.NftName()} {TableLayout.TableName} {set.Name()}\n"));
            }

            text.Append(FormattableString.Invariant($"flush map {family.NftName()} {TableLayout.TableName} {TableLayout.Affinity}\n"));
        }

        AppendElements(text, "delete", Removed);
        AppendElements(text, "add", Added);
        return text.ToString();
    }

    /// <summary>Elements in the order of their sets.</summary>
    public static (RuleKey Key, string Value)[] InOrder((RuleKey Key, string Value)[] elements)
    {
        var places = new int[RuleSets.All.Length + 1];
        foreach (var (key, _) in elements)
        {
            places[(int)key.Set + 1]++;
        }

        for (var set = 1; set < places.Length; set++)
        {
            places[set] += places[set - 1];
        }

        var ordered = new (RuleKey Key, string Value)[elements.Length];
        foreach (var element in elements)
        {
            ordered[places[(int)element.Key.Set]++] = element;
        }

        return ordered;
    }

    private void AppendElements(StringBuilder text, string verb, (RuleKey Key, string Value)[] elements)
    {
        for (var i = 0; i < elements.Length; i++)
        {
            var (key, value) = elements[i];
            var first = i == 0 || elements[i - 1].Key.Set != key.Set;
            text.Append(first ? FormattableString.Invariant($"{verb} element {family.NftName()} {TableLayout.TableName} {key.Set.Name()} {{ ") : ", ").Append(key.Key);
            if (value.Length > 0)
            {
                text.Append(" : ").Append(value);
            }

            text.Append(i + 1 == elements.Length || elements[i + 1].Key.Set != key.Set ? " }\n" : "");
        }
    }
}
