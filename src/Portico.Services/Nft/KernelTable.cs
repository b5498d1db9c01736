using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Portico.Services.Netlink;
using Portico.Services.Rules;

namespace Portico.Services.Nft;

/// <summary>
/// The table of one family in the kernel. Writes transactions, and reads everything back for the comparison that finds what others changed.
/// A change never lists the table: that would cost as much as the table is large.
/// </summary>
internal sealed class KernelTable(Kernel kernel, IpFamily family)
{
    private string? _structure;

    /// <summary>
    /// Puts a transaction into force. Structure first: it does nothing until elements lead to it, and those change at one moment. Where the table that
    /// is there has to go, everything is one transaction of libnftables, which is slower and leaves no moment without rules.
    /// </summary>
    /// <exception cref="NftException">The kernel refuses; what was in force still is.</exception>
    public void Write(RuleTransaction transaction)
    {
        if (transaction.ReplacesTable)
        {
            Run(transaction.Text());
        }
        else
        {
            if (transaction.Structure.Length > 0)
            {
                Run(transaction.Structure);
            }

            if (transaction.HasElements)
            {
                using var elements = new ElementBatch(transaction);
                WriteElements(elements);
            }
        }

        if (transaction.Structure.Length > 0)
        {
            _structure = ReadStructure();
        }
    }

    private void Run(string commands)
    {
        kernel.Nft.Run(commands);
        kernel.Generation.Wrote();
    }

    private void WriteElements(ElementBatch elements)
    {
        try
        {
            if (kernel.Netfilter.Commit(elements.Messages) is { } refusal)
            {
                var set = elements.SetOf(refusal.Message);
                throw new NftException($"{family.NftName()} {TableLayout.TableName}{(set.Length > 0 ? $", elements of {set}" : "")}: {new Win32Exception(refusal.Error).Message}");
            }
        }
        catch (Win32Exception e)
        {
            throw new NftException($"{family.NftName()} {TableLayout.TableName}: {e.Message}");
        }

        kernel.Generation.Wrote();
    }

    /// <summary>Whether chains, rules and sets, without their elements, are those that were written last.</summary>
    /// <exception cref="NftException">The kernel cannot be read.</exception>
    public bool HasItsStructure() => ReadStructure() == _structure;

    private string? ReadStructure()
    {
        try
        {
            return TableStructure.Read(kernel.Netfilter, family, TableLayout.TableName);
        }
        catch (Win32Exception e)
        {
            throw new NftException($"{family.NftName()} {TableLayout.TableName}: {e.Message}");
        }
    }

    /// <summary>Every element of the table; null when there is no table.</summary>
    public Dictionary<RuleKey, string>? Read()
    {
        string json;
        try
        {
            json = kernel.Nft.Run(FormattableString.Invariant($"list table {family.NftName()} {TableLayout.TableName}"));
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
