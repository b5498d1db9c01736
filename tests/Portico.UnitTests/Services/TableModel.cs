using Portico.Services.Rules;

namespace Portico.UnitTests.Services;

/// <summary>
/// The table as a kernel would have it after the transactions that it is given. As strict as the kernel: what is deleted must be there, what is
/// added must not be there with another value, and a chain must be there before an element leads to it.
/// </summary>
internal sealed class TableModel
{
    private readonly Dictionary<(string Set, string Key), string> _elements = [];
    private readonly HashSet<string> _chains = [];

    public void Run(string transaction)
    {
        foreach (var line in transaction.Split('\n'))
        {
            var words = line.Split(' ', 6);
            switch (words)
            {
                case ["add", "chain", ..]:
                    _chains.Add(words[4]);
                    break;
                case ["flush", "map" or "set", ..]:
                    foreach (var key in _elements.Keys.Where(k => k.Set == words[4]).ToList())
                    {
                        _elements.Remove(key);
                    }

                    break;
                case ["add" or "delete", "element", ..]:
                    foreach (var element in words[5].Trim('{', '}', ' ').Split(", "))
                    {
                        Change(words[0], words[4], element.Split(" : "));
                    }

                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>
    /// What packets meet: each way in with its chain and the endpoints that its lists hold, each element that is no part of a list as it is.
    /// The numbers of lists and the order in them say nothing.
    /// </summary>
    public IEnumerable<string> Meaning()
    {
        var lists = _elements.Where(e => IsList(e.Key.Set))
            .GroupBy(e => Number(e.Key.Key[..10]), e => (Local: (Mark(e.Key.Key[..10]) & Marks.Local) != 0, Target: Target(e.Value)))
            .ToDictionary(g => g.Key, g => string.Join(' ', g.Select(e => $"{(e.Local ? "local " : "")}{e.Target}").Order(StringComparer.Ordinal)));
        return _elements.Where(e => !IsList(e.Key.Set) && e.Key.Set is not ("sticky-endpoints" or "ways"))
            .Select(e => e.Key.Set switch
            {
                "service-ids" or "nodeport-ids" => $"{e.Key.Set} {e.Key.Key} → {(Mark(e.Value) & Marks.Local) != 0} {lists[Number(e.Value)]}",
                "service-ways" or "nodeport-ways" => $"{e.Key.Set} {e.Key.Key} → {_elements[("ways", e.Value)]}",
                _ => $"{e.Key.Set} {e.Key.Key} → {e.Value}",
            })
            .Order(StringComparer.Ordinal);
    }

    public int Count => _elements.Count;

    /// <summary>How many elements are of Services.</summary>
    public int OfServices => _elements.Keys.Count(k => k.Set != "ways");

    private static bool IsList(string set) => set is "endpoints-tcp" or "endpoints-udp" or "endpoints-sctp" or "sticky-slots";

    private void Change(string verb, string set, string[] element)
    {
        var (key, value) = ((set, element[0]), element.Length > 1 ? element[1] : "");
        if (verb == "delete")
        {
            Require(_elements.Remove(key, out var old) && old == value, $"{key} → {value} is deleted and is not there");
            return;
        }

        Require(!value.StartsWith("goto ", StringComparison.Ordinal) || _chains.Contains(value[5..]), $"{value} has no chain");
        Require(_elements.TryAdd(key, value) || _elements[key] == value, $"{key} is there with another value");
    }

    private string Target(string value) => value.StartsWith("0x", StringComparison.Ordinal) ? _elements[("sticky-endpoints", value)] : value;

    private static uint Mark(string text) => Convert.ToUInt32(text[2..], 16);

    private static uint Number(string text) => Mark(text) & ~(Marks.Ours | Marks.Local);

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
