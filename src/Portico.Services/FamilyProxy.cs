using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Services.Nft;
using Portico.Services.Planning;
using Portico.Services.Rules;

namespace Portico.Services;

/// <summary>How a synchronisation went.</summary>
/// <param name="Error">Why the kernel took nothing of it; null when all is well.</param>
/// <param name="Elements">How many elements and chains the transaction named.</param>
public readonly record struct SyncResult(bool Wrote, string? Error, int Bytes);

/// <summary>
/// Services of one family → rules in the kernel. Told which Services changed; writes one transaction for all of them. A transaction that
/// is refused is made good by writing the whole table. One thread uses it.
/// </summary>
internal sealed class FamilyProxy(IpFamily family, NodeFacts node, NftContext? nft, Action<string> warn)
{
    private readonly RuleBook _book = new(family, node);
    private readonly KernelTable? _table = nft is null ? null : new KernelTable(nft, family);
    private readonly Dictionary<(string Namespace, string Name), List<ServicePortName>> _portsOf = [];
    private bool _written;

    public IpFamily Family => family;

    public RuleBook Book => _book;

    /// <summary>Plans a Service anew; nothing is written yet.</summary>
    public void Update(string space, string name, IResourceView view)
    {
        var former = _portsOf.GetValueOrDefault((space, name)) ?? [];
        var now = new List<ServicePortName>();
        if (view.Find<Service>(space, name) is { } service)
        {
            void Skipped(string what) => warn($"Service {space}/{name}: {what}");
            foreach (var plan in ServicePlanner.Plan(service, view.SlicesOf(space, name), family, node, Skipped))
            {
                // Two ports of one name differ by protocol only; the same twice is a mistake that the API refuses.
                if (!now.Contains(plan.Name))
                {
                    now.Add(plan.Name);
                    _book.Put(plan);
                }
            }
        }

        foreach (var gone in former.Except(now))
        {
            _book.Remove(gone);
        }

        if (now.Count > 0)
        {
            _portsOf[(space, name)] = now;
        }
        else
        {
            _portsOf.Remove((space, name));
        }
    }

    /// <summary>Brings the kernel up to date: by what changed, or by everything the first time and after a failure.</summary>
    public SyncResult Sync()
    {
        if (_written && _table is not null)
        {
            var changes = _book.Changes();
            if (changes.Length == 0)
            {
                return new SyncResult(false, null, 0);
            }

            try
            {
                _table.Write(changes);
                _book.Committed(everything: false);
                return new SyncResult(true, null, changes.Length);
            }
            catch (NftException e)
            {
                _written = false;
                warn($"a change of the {family} rules was refused, the whole table is written: {e.Message}");
            }
        }

        return WriteEverything();
    }

    /// <summary>Compares the kernel with what should be there and writes everything when they differ.</summary>
    /// <returns>How many elements were wrong.</returns>
    public int Repair()
    {
        if (_table is null || !_written)
        {
            return 0;
        }

        var there = _table.Read();
        var wrong = there is null
            ? _book.Kernel.Count
            : _book.Kernel.Count(e => there.GetValueOrDefault(e.Key) != e.Value) + there.Keys.Count(k => !_book.Kernel.ContainsKey(k));
        if (there is null || wrong > 0)
        {
            WriteEverything();
        }

        return wrong;
    }

    private SyncResult WriteEverything()
    {
        // On top of our own table nothing is interrupted; one of another make must go first.
        foreach (var replace in (bool[])[false, true])
        {
            var all = _book.Everything(replace);
            try
            {
                _table?.Write(all);
                _book.Committed(everything: true);
                _written = true;
                return new SyncResult(true, null, all.Length);
            }
            catch (NftException e) when (replace)
            {
                return new SyncResult(false, e.Message, all.Length);
            }
            catch (NftException)
            {
                // Tried once more with the old table out of the way.
            }
        }

        throw new InvalidOperationException();
    }
}
