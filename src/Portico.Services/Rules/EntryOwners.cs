using Portico.Services.Planning;

namespace Portico.Services.Rules;

/// <summary>
/// Who has an entry that several ports of Services claim: the first by namespace and name. The others have no part in it: neither their endpoints
/// nor whom they refuse or let in. Owned by its <see cref="RuleBook"/>.
/// </summary>
internal sealed class EntryOwners
{
    private readonly Dictionary<EntryKey, ServicePortName> _owners = [];

    /// <summary>Those who claim what somebody else has; in no order.</summary>
    private readonly Dictionary<EntryKey, List<ServicePortName>> _losers = [];

    public IEnumerable<(EntryKey Entry, ServicePortName Owner, ServicePortName Loser)> Conflicts =>
        from claims in _losers
        from loser in claims.Value
        select (claims.Key, _owners[claims.Key], loser);

    public bool Has(EntryKey entry, ServicePortName name) => _owners[entry] == name;

    /// <param name="affected">Gets who loses the entry by that.</param>
    public void Claim(EntryKey entry, ServicePortName name, ISet<ServicePortName> affected)
    {
        if (_owners.TryAdd(entry, name) || _owners[entry] == name)
        {
            return;
        }

        var losers = _losers.TryGetValue(entry, out var known) ? known : _losers[entry] = [];
        var owner = _owners[entry];
        if (IsBefore(name, owner))
        {
            _owners[entry] = name;
            losers.Add(owner);
            losers.Remove(name);
            affected.Add(owner);
        }
        else if (!losers.Contains(name))
        {
            losers.Add(name);
        }
    }

    /// <param name="affected">Gets who has the entry now.</param>
    public void Release(EntryKey entry, ServicePortName name, ISet<ServicePortName> affected)
    {
        var losers = _losers.GetValueOrDefault(entry);
        if (_owners[entry] != name)
        {
            losers!.Remove(name);
        }
        else if (losers is null)
        {
            _owners.Remove(entry);
        }
        else
        {
            var next = losers.Aggregate((a, b) => IsBefore(b, a) ? b : a);
            losers.Remove(next);
            _owners[entry] = next;
            affected.Add(next);
        }

        if (losers is { Count: 0 })
        {
            _losers.Remove(entry);
        }
    }

    private static bool IsBefore(ServicePortName one, ServicePortName other) => string.CompareOrdinal(one.ToString(), other.ToString()) < 0;
}
