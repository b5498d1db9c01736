using System.ComponentModel;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Services.Netlink;
using Portico.Services.Nft;
using Portico.Services.Planning;
using Portico.Services.Rules;

namespace Portico.Services;

/// <summary>How a synchronisation went.</summary>
/// <param name="Wrote">Whether the kernel took something.</param>
/// <param name="Full">Whether that was the whole table.</param>
/// <param name="Refusals">How many transactions it refused on the way.</param>
/// <param name="Error">Why it took nothing; null when all is well.</param>
public readonly record struct SyncResult(bool Wrote, bool Full, int Refusals, string? Error);

/// <summary>
/// Services of one family → rules in the kernel. Told which Services changed; writes one transaction for all of them. A transaction that
/// is refused is made good by writing the whole table. One thread uses it.
/// </summary>
internal sealed class FamilyProxy(IpFamily family, NodeFacts node, Kernel? kernel, Action<string> warn)
{
    private readonly RuleBook _book = new(family, node);
    private readonly KernelTable? _table = kernel is null ? null : new KernelTable(kernel, family);
    private readonly StaleFlows _flows = new();
    private readonly Dictionary<(string Namespace, string Name), List<ServicePortName>> _portsOf = [];
    private readonly Dictionary<ServicePortName, (bool Inside, bool Outside)> _withoutLocal = [];
    private bool _written;

    public IpFamily Family => family;

    public RuleBook Book => _book;

    /// <summary>Ports with a Local policy and endpoints elsewhere only: for what comes from inside, for what comes from outside.</summary>
    public (int Inside, int Outside) WithoutLocalEndpoints => (_withoutLocal.Values.Count(v => v.Inside), _withoutLocal.Values.Count(v => v.Outside));

    /// <summary>Plans a Service anew; nothing is written yet.</summary>
    /// <param name="skipped">Told what of it cannot be programmed.</param>
    public void Update(string space, string name, IResourceView view, Action<string> skipped)
    {
        var former = _portsOf.GetValueOrDefault((space, name)) ?? [];
        var now = new List<ServicePortName>();
        if (view.Find<Service>(space, name) is { } service)
        {
            foreach (var plan in ServicePlanner.Plan(service, view.SlicesOf(space, name), family, node, skipped))
            {
                // Two ports of one name differ by protocol only; the same twice is a mistake that the API refuses.
                if (!now.Contains(plan.Name))
                {
                    now.Add(plan.Name);
                    _book.Put(plan);
                    _flows.Put(plan);
                    NoteLocal(plan);
                }
            }
        }

        foreach (var gone in former.Except(now))
        {
            _book.Remove(gone);
            _flows.Remove(gone);
            _withoutLocal.Remove(gone);
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
        if (!_written || _table is null)
        {
            return WriteEverything(refusals: 0);
        }

        var changes = _book.Changes();
        if (changes.IsEmpty)
        {
            return default;
        }

        try
        {
            _table.Write(changes);
            _book.Committed(changes);
            return new SyncResult(true, false, 0, null);
        }
        catch (NftException e)
        {
            _written = false;
            warn($"a change of the {family} rules was refused, the whole table is written: {e.Message}");
            return WriteEverything(refusals: 1);
        }
    }

    /// <summary>Compares the kernel with what should be there and writes everything when they differ.</summary>
    /// <returns>What was wrong; null when nothing was.</returns>
    /// <exception cref="NftException">The kernel cannot be read.</exception>
    public string? Repair()
    {
        if (_table is null || !_written)
        {
            return null;
        }

        var what = _table.Compare(_book.Kernel);
        if (what is not null && WriteEverything(refusals: 0).Error is { } error)
        {
            _written = false;
            what += $", and the table cannot be written: {error}";
        }

        return what;
    }

    /// <summary>Forgets flows that must choose anew, see <see cref="StaleFlows"/>.</summary>
    /// <returns>How many; null when nothing has changed since the last time.</returns>
    /// <exception cref="Win32Exception">The kernel does not tell its connections.</exception>
    public int? ForgetStaleFlows()
    {
        if (kernel is null || !_flows.MayExist)
        {
            return null;
        }

        var forgotten = Connections.Forget(kernel.Netfilter, family, _flows.Test(node, _book.Has));
        _flows.Done();
        return forgotten;
    }

    private void NoteLocal(ServicePlan plan)
    {
        var inside = plan.Entries.Any(e => e is { Kind: EntryKind.ClusterIP, Refusal: Refusal.Drop });
        var outside = plan.Entries.Any(e => e is { Kind: EntryKind.External, Refusal: Refusal.Drop });
        if (inside || outside)
        {
            _withoutLocal[plan.Name] = (inside, outside);
        }
        else
        {
            _withoutLocal.Remove(plan.Name);
        }
    }

    private SyncResult WriteEverything(int refusals)
    {
        // On top of our own table nothing is interrupted; one of another make must go first.
        foreach (var replace in (bool[])[false, true])
        {
            try
            {
                var everything = _book.Everything(replace);
                _table?.Write(everything);
                _book.Committed(everything);
                _written = true;
                return new SyncResult(true, true, refusals, null);
            }
            catch (NftException e) when (replace)
            {
                return new SyncResult(false, true, refusals + 1, e.Message);
            }
            catch (NftException)
            {
                refusals++;
            }
        }

        throw new InvalidOperationException();
    }
}
