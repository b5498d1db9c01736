using System.Globalization;
using System.Text.Json;
using Portico.Services.Netlink;
using Portico.Services.Rules;

namespace Portico.Services.Nft;

/// <summary>
/// The table of one family in the kernel. Writes transactions, and reads everything back for the comparison that finds what others changed.
/// A change never lists the table: that would cost as much as the table is large.
/// </summary>
internal sealed class KernelTable(NftContext nft, RuleGeneration generation, IpFamily family)
{
    private string _structure = "";

    /// <param name="changesChains">Whether more than elements of sets is written.</param>
    /// <exception cref="NftException">The transaction is refused as a whole.</exception>
    public void Write(string transaction, bool changesChains)
    {
        nft.Run(transaction);
        generation.Wrote();
        if (changesChains)
        {
            _structure = ReadStructure();
        }
    }

    /// <summary>Whether chains, rules and sets, without their elements, are those that were written last.</summary>
    public bool HasItsStructure() => ReadStructure() == _structure;

    /// <summary>Empty when there is no table.</summary>
    private string ReadStructure()
    {
        try
        {
            return nft.RunTersely(FormattableString.Invariant($"list table {family.NftName()} {TableLayout.TableName}"));
        }
        catch (NftException e) when (e.Message.Contains("No such file or directory", StringComparison.Ordinal))
        {
            return "";
        }
    }

    /// <summary>Every element of the table; null when there is no table.</summary>
    public Dictionary<RuleKey, string>? Read()
    {
        string json;
        try
        {
            json = nft.Run(FormattableString.Invariant($"list table {family.NftName()} {TableLayout.TableName}"));
        }
        catch (NftException e) when (e.Message.Contains("No such file or directory", StringComparison.Ordinal))
        {
            return null;
        }

        var elements = new Dictionary<RuleKey, string>();
        var byName = RuleSets.All.ToDictionary(s => s.Name());
        using var document = JsonDocument.Parse(json);
        foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if ((item.TryGetProperty("map", out var set) || item.TryGetProperty("set", out set))
                && byName.TryGetValue(set.GetProperty("name").GetString()!, out var kind)
                && set.TryGetProperty("elem", out var members))
            {
                foreach (var member in members.EnumerateArray())
                {
                    var (key, value) = kind.IsMap() ? (member[0], ValueText(kind, member[1])) : (member, "");
                    elements[new RuleKey(kind, KeyText(kind, key))] = value;
                }
            }
        }

        return elements;
    }

    private static string KeyText(RuleSet set, JsonElement key)
    {
        if (key.ValueKind == JsonValueKind.Object && key.TryGetProperty("elem", out var wrapped))
        {
            key = wrapped.GetProperty("val");
        }

        if (key.ValueKind != JsonValueKind.Object || !key.TryGetProperty("concat", out var parts))
        {
            return set is RuleSet.StickyEndpoints or RuleSet.Ways ? MarkText(key) : FieldText(key);
        }

        var texts = parts.EnumerateArray().Select(FieldText).ToArray();
        if (set.IsList() || set == RuleSet.StickySlots)
        {
            texts[0] = MarkText(parts[0]);
        }

        return string.Join(" . ", texts);
    }

    private static string ValueText(RuleSet set, JsonElement value)
    {
        if (set.GivesMark())
        {
            return MarkText(value);
        }

        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("goto", out var target))
        {
            return $"goto {target.GetProperty("target").GetString()}";
        }

        return value.TryGetProperty("concat", out var parts) ? string.Join(" . ", parts.EnumerateArray().Select(FieldText)) : FieldText(value);
    }

    private static string FieldText(JsonElement field) => field.ValueKind switch
    {
        JsonValueKind.Number => field.GetInt64().ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Object when field.TryGetProperty("prefix", out var prefix) =>
            string.Create(CultureInfo.InvariantCulture, $"{prefix.GetProperty("addr").GetString()}/{prefix.GetProperty("len").GetInt32()}"),
        _ => field.ToString(),
    };

    private static string MarkText(JsonElement mark) => Marks.Text(mark.GetUInt32());
}
