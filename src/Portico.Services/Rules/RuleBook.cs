using System.Text;
using Portico.Services.Planning;

namespace Portico.Services.Rules;

/// <summary>
/// What the table of one family holds and should hold. Services are put in and taken out; what that changes in the kernel comes out as
/// one transaction, which names only what changed. One thread uses it.
/// </summary>
internal sealed class RuleBook(IpFamily family, NodeFacts node)
{
    /// <summary>Owns the elements that are no Service's.</summary>
    private static readonly ServicePortName Ourselves = new("", "", "", "");

    /// <summary>What stays as it is for as long as the node does.</summary>
    private readonly string _layout = TableLayout.Text(family, node);

    private readonly Dictionary<ServicePortName, (ServiceElements Elements, Dictionary<RuleKey, string> Written, ServicePlan Plan)> _services = [];
    private readonly EntryOwners _owners = new();
    private readonly Dictionary<RuleKey, List<(ServicePortName Owner, string Value)>> _claims = [];
    private readonly Dictionary<RuleKey, string> _kernel = [];
    private readonly HashSet<string> _chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, uint> _ways = new(StringComparer.Ordinal);
    private readonly List<string> _newChains = [];
    private readonly HashSet<RuleKey> _touched = [];
    private readonly HashSet<uint> _numbers = [];
    private uint _lastNumber;
    private uint _lastEndpoint;

    public IpFamily Family => family;

    /// <summary>What the kernel holds as far as we know: what was written and not refused.</summary>
    public IReadOnlyDictionary<RuleKey, string> Kernel => _kernel;

    public int Services => _services.Count;

    /// <summary>Entries that more than one Service claims: the first by name has them.</summary>
    public IEnumerable<(EntryKey Entry, ServicePortName Owner, ServicePortName Loser)> Conflicts => _owners.Conflicts;

    /// <summary>Whether an entry that a port claims is its own, and no other's.</summary>
    public bool Has(EntryKey entry, ServicePortName name) => _owners.Has(entry, name);

    public void Put(ServicePlan plan)
    {
        var affected = new HashSet<ServicePortName>();
        if (!_services.TryGetValue(plan.Name, out var service))
        {
            service = (new ServiceElements(NextNumber()), [], plan);
        }
        else
        {
            Release(service.Plan.Entries.Where(former => !plan.Entries.Any(e => e.Key == former.Key)), plan.Name, affected);
        }

        foreach (var entry in plan.Entries)
        {
            _owners.Claim(entry.Key, plan.Name, affected);
        }

        _services[plan.Name] = service with { Plan = plan };
        Write(plan.Name);
        foreach (var other in affected)
        {
            Write(other);
        }
    }

    public void Remove(ServicePortName name)
    {
        if (_services.Remove(name, out var service))
        {
            Replace(name, service.Written, []);
            _numbers.Remove(service.Elements.Number);
            var affected = new HashSet<ServicePortName>();
            Release(service.Plan.Entries, name, affected);
            foreach (var other in affected)
            {
                Write(other);
            }
        }
    }

    /// <summary>The transaction that brings the kernel to what the book says; empty when nothing changed.</summary>
    public RuleTransaction Changes()
    {
        var (removed, added) = (new List<(RuleKey Key, string Value)>(), new List<(RuleKey Key, string Value)>());
        foreach (var key in _touched)
        {
            var (old, wanted) = (_kernel.GetValueOrDefault(key), Wanted(key));
            if (old != wanted)
            {
                Note(removed, key, old);
                Note(added, key, wanted);
            }
        }

        return new RuleTransaction(family)
        {
            Structure = AppendChains(new StringBuilder(), _newChains).ToString(),
            Removed = RuleTransaction.InOrder([.. removed]),
            Added = RuleTransaction.InOrder([.. added]),
        };

        static void Note(List<(RuleKey Key, string Value)> elements, RuleKey key, string? value)
        {
            if (value is not null)
            {
                elements.Add((key, value));
            }
        }
    }

    /// <summary>
    /// The whole table, in the place of whatever is there. Clients with affinity are forgotten, because what they are remembered by are numbers of
    /// another run.
    /// </summary>
    /// <param name="replace">Whether the table that is there is thrown away first, because it cannot be built upon.</param>
    public RuleTransaction Everything(bool replace)
    {
        var elements = new (RuleKey Key, string Value)[_claims.Count];
        var count = 0;
        foreach (var (key, claims) in _claims)
        {
            elements[count++] = (key, claims[0].Value);
        }

        return new RuleTransaction(family)
        {
            ReplacesTable = replace,
            ReplacesElements = true,
            Structure = AppendChains(new StringBuilder(_layout), _chains).ToString(),
            Added = RuleTransaction.InOrder(elements),
        };
    }

    /// <summary>The kernel took what <see cref="Changes"/> or <see cref="Everything"/> said.</summary>
    public void Committed(RuleTransaction transaction)
    {
        if (transaction.ReplacesElements)
        {
            _kernel.Clear();
            _kernel.EnsureCapacity(transaction.Added.Length);
        }

        foreach (var (key, _) in transaction.Removed)
        {
            _kernel.Remove(key);
        }

        foreach (var (key, value) in transaction.Added)
        {
            _kernel[key] = value;
        }

        _touched.Clear();
        _newChains.Clear();
    }

    private void Write(ServicePortName name)
    {
        var service = _services[name];
        var elements = service.Elements.Write(service.Plan, entry => _owners.Has(entry, name), NextEndpoint, WayTo);
        Replace(name, service.Written, elements);
        _services[name] = service with { Written = elements };
    }

    /// <summary>A plan may name an entry twice.</summary>
    private void Release(IEnumerable<ServiceEntry> entries, ServicePortName name, HashSet<ServicePortName> affected)
    {
        foreach (var entry in entries.Select(e => e.Key).Distinct())
        {
            _owners.Release(entry, name, affected);
        }
    }

    private string? Wanted(RuleKey key) => _claims.TryGetValue(key, out var claims) ? claims[0].Value : null;

    private void Replace(ServicePortName owner, Dictionary<RuleKey, string> old, Dictionary<RuleKey, string> elements)
    {
        foreach (var key in old.Keys.Where(k => !elements.ContainsKey(k)))
        {
            Withdraw(key, owner);
        }

        foreach (var (key, value) in elements)
        {
            if (old.GetValueOrDefault(key) != value)
            {
                Withdraw(key, owner);
                Claim(key, owner, value);
            }
        }
    }

    private void Claim(RuleKey key, ServicePortName owner, string value)
    {
        if (!_claims.TryGetValue(key, out var claims))
        {
            _claims[key] = claims = [];
        }

        var place = claims.FindIndex(c => string.CompareOrdinal(owner.ToString(), c.Owner.ToString()) < 0);
        claims.Insert(place < 0 ? claims.Count : place, (owner, value));
        _touched.Add(key);
    }

    private void Withdraw(RuleKey key, ServicePortName owner)
    {
        if (_claims.TryGetValue(key, out var claims) && claims.RemoveAll(c => c.Owner == owner) > 0)
        {
            _touched.Add(key);
            if (claims.Count == 0)
            {
                _claims.Remove(key);
            }
        }
    }

    /// <summary>The number of a way, which stays for good, as its chain does.</summary>
    private uint WayTo(string chain)
    {
        if (!_ways.TryGetValue(chain, out var way))
        {
            NeedChain(chain);
            _ways[chain] = way = (uint)_ways.Count + 1;
            Claim(new RuleKey(RuleSet.Ways, Marks.Text(Marks.Ours | way)), Ourselves, $"goto {chain}");
        }

        return way;
    }

    private void NeedChain(string name)
    {
        if (_chains.Contains(name))
        {
            return;
        }

        foreach (var needed in SharedChains.Define(name, family, node).Needs)
        {
            NeedChain(needed);
        }

        _chains.Add(name);
        _newChains.Add(name);
    }

    private StringBuilder AppendChains(StringBuilder text, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            TableLayout.AppendChain(text, family, name, SharedChains.Define(name, family, node).Rules);
        }

        return text;
    }

    /// <summary>Numbers go round, so that one is not used again while the kernel may still have a connection in the act of choosing.</summary>
    private uint NextNumber()
    {
        do
        {
            _lastNumber = (_lastNumber + 1) % Marks.Lists;
        }
        while (!_numbers.Add(_lastNumber));
        return _lastNumber;
    }

    private uint NextEndpoint() => _lastEndpoint = (_lastEndpoint + 1) % (Marks.Endpoints - 1);
}
