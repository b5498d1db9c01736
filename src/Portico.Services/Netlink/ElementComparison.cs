using System.ComponentModel;
using System.Text;
using Portico.Services.Rules;

namespace Portico.Services.Netlink;

/// <summary>
/// Compares the elements of a table with those that should be there, in the kernel's bytes: what somebody has added, taken away or changed.
/// Reads all of them, one set at a time. One thread uses it.
/// </summary>
internal static class ElementComparison
{
    private const int NoSuchEntry = 2; // ENOENT

    /// <param name="wanted">What should be there.</param>
    /// <returns>How many elements are missing, are others or should not be there; null when others change rules all the time, so that none can be read whole.</returns>
    /// <exception cref="Win32Exception">The kernel says no.</exception>
    public static int? Differences(NetfilterSocket netfilter, IpFamily family, IReadOnlyDictionary<RuleKey, string> wanted)
    {
        var differences = 0;
        foreach (var set in RuleSets.All)
        {
            for (var tries = 1; ; tries++)
            {
                if (Differences(netfilter, family, set, wanted) is { } ofSet)
                {
                    differences += ofSet;
                    break;
                }

                if (tries == 5)
                {
                    return null;
                }
            }
        }

        return differences;
    }

    private static int? Differences(NetfilterSocket netfilter, IpFamily family, RuleSet set, IReadOnlyDictionary<RuleKey, string> wanted)
    {
        var missing = Wanted(set, wanted);
        var wrong = 0;
        try
        {
            var whole = netfilter.Ask(ElementAttributes.GetElements, NetfilterSocket.Dump, family, Question(set), message =>
            {
                var list = NetlinkAttribute.Find(message, ElementAttributes.ListElements);
                while (NetlinkAttribute.Next(ref list, out _) is { Length: > 0 } element)
                {
                    var (key, value) = Read(element[4..]);
                    wrong += missing.Remove(key, out var should) && should == value ? 0 : 1;
                }
            });
            return whole ? wrong + missing.Count : null;
        }
        catch (Win32Exception e) when (e.NativeErrorCode == NoSuchEntry)
        {
            return missing.Count;
        }
    }

    private static Dictionary<string, string> Wanted(RuleSet set, IReadOnlyDictionary<RuleKey, string> wanted)
    {
        var elements = new Dictionary<string, string>(StringComparer.Ordinal);
        Span<byte> first = stackalloc byte[ElementForm.LongestKey], last = stackalloc byte[ElementForm.LongestKey];
        foreach (var (key, value) in wanted)
        {
            if (key.Set == set)
            {
                var length = ElementForm.WriteKey(key, first, last);
                var text = Text(first[..length], set.HasRanges() ? last[..length] : []);
                elements[text] = set == RuleSet.Ways ? value : Convert.ToHexString(first[..ElementForm.WriteValue(set, value, first)]);
            }
        }

        return elements;
    }

    private static (string Key, string Value) Read(ReadOnlyMemory<byte> element)
    {
        var data = NetlinkAttribute.Find(element, ElementAttributes.Data);
        var chain = NetlinkAttribute.Find(NetlinkAttribute.Find(data, ElementAttributes.DataVerdict), ElementAttributes.VerdictChain).Span;
        return (
            Text(Value(NetlinkAttribute.Find(element, ElementAttributes.Key)), Value(NetlinkAttribute.Find(element, ElementAttributes.KeyEnd))),
            chain.Length > 0 ? ElementForm.Goto + Encoding.ASCII.GetString(chain[..^1]) : Convert.ToHexString(Value(data)));
    }

    private static ReadOnlySpan<byte> Value(ReadOnlyMemory<byte> attribute) => NetlinkAttribute.Find(attribute, ElementAttributes.DataValue).Span;

    private static string Text(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last) => Convert.ToHexString(first) + Convert.ToHexString(last);

    /// <summary>The attributes that name a set.</summary>
    private static byte[] Question(RuleSet set) => [.. NetlinkAttribute.OfText(ElementAttributes.ListTable, TableLayout.TableName), .. NetlinkAttribute.OfText(ElementAttributes.ListSet, set.Name())];
}
