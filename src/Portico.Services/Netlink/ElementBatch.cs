using Portico.Services.Rules;
using static Portico.Services.Netlink.ElementAttributes;

namespace Portico.Services.Netlink;

/// <summary>
/// Changes of the elements of one table's sets as a batch for the kernel (linux/netfilter/nf_tables.h). By way of libnftables the same takes many times
/// as long, most of it for reading text, and asks for all tables, chains and sets of the machine first.
/// </summary>
internal sealed class ElementBatch : IDisposable
{
    private const ushort Create = 0x400; // NLM_F_CREATE

    /// <summary>The length of an attribute has 16 bits, and all elements of a message are in one.</summary>
    private const int LongestMessage = 60_000;

    private readonly IpFamily _family;
    private readonly NetlinkBatch _batch = new(Subsystem);
    private readonly List<string> _sets = [];

    public ElementBatch(RuleTransaction transaction)
    {
        _family = transaction.Family;
        _batch.Begin();
        if (transaction.ReplacesElements)
        {
            foreach (var set in RuleSets.All)
            {
                Empty(set.Name());
            }

            Empty(TableLayout.Affinity);
        }

        Write(Delete, 0, transaction.Removed);
        Write(New, Create, transaction.Added);
        _batch.End();
    }

    public void Dispose() => _batch.Dispose();

    /// <summary>To be sent with <see cref="NetfilterSocket.Commit"/>.</summary>
    public NetlinkBatch Messages => _batch;

    /// <summary>The set that a message is about; empty for the batch as a whole.</summary>
    public string SetOf(int message) => message > 0 && message <= _sets.Count ? _sets[message - 1] : "";

    private void Empty(string set)
    {
        BeginMessage(Delete, 0, set);
        _batch.EndMessage();
    }

    private void Write(byte type, ushort flags, (RuleKey Key, string Value)[] elements)
    {
        var list = 0;
        for (var i = 0; i < elements.Length; i++)
        {
            var (key, value) = elements[i];
            if (i == 0 || key.Set != elements[i - 1].Key.Set || _batch.MessageLength > LongestMessage)
            {
                EndList(list);
                BeginMessage(type, flags, key.Set.Name());
                list = _batch.Open(ListElements);
            }

            WriteElement(key, value);
        }

        EndList(list);
    }

    private void BeginMessage(byte type, ushort flags, string set)
    {
        _batch.BeginMessage(type, flags, _family);
        _batch.Write(ListTable, TableLayout.TableName);
        _batch.Write(ListSet, set);
        _sets.Add(set);
    }

    /// <param name="list">0 when none was begun.</param>
    private void EndList(int list)
    {
        if (list > 0)
        {
            _batch.Close(list);
            _batch.EndMessage();
        }
    }

    private void WriteElement(RuleKey key, string value)
    {
        Span<byte> first = stackalloc byte[ElementForm.LongestKey], last = stackalloc byte[ElementForm.LongestKey];
        var length = ElementForm.WriteKey(key, first, last);
        var element = _batch.Open(ListElement);
        WriteValue(Key, first[..length]);
        if (key.Set.HasRanges())
        {
            WriteValue(KeyEnd, last[..length]);
        }

        if (key.Set == RuleSet.Ways)
        {
            WriteVerdict(value[ElementForm.Goto.Length..]);
        }
        else if (key.Set.IsMap())
        {
            WriteValue(Data, first[..ElementForm.WriteValue(key.Set, value, first)]);
        }

        _batch.Close(element);
    }

    private void WriteValue(ushort type, ReadOnlySpan<byte> value)
    {
        var attribute = _batch.Open(type);
        _batch.Write(DataValue, value);
        _batch.Close(attribute);
    }

    private void WriteVerdict(string chain)
    {
        var data = _batch.Open(Data);
        var verdict = _batch.Open(DataVerdict);
        _batch.WriteBigEndian(VerdictCode, Goto);
        _batch.Write(VerdictChain, chain);
        _batch.Close(verdict);
        _batch.Close(data);
    }
}
