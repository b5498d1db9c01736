using System.ComponentModel;
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
        if (Ask(() => kernel.Netfilter.Commit(elements.Messages)) is { } refusal)
        {
            var set = elements.SetOf(refusal.Message);
            throw new NftException($"{family.NftName()} {TableLayout.TableName}{(set.Length > 0 ? $", elements of {set}" : "")}: {new Win32Exception(refusal.Error).Message}");
        }

        kernel.Generation.Wrote();
    }

    /// <summary>Compares what the kernel has with what was written last and with the elements that should be there.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    /// <exception cref="NftException">The kernel cannot be read.</exception>
    public string? Compare(IReadOnlyDictionary<RuleKey, string> elements)
    {
        if (ReadStructure() is not { } structure)
        {
            return "the table had gone";
        }

        return Ask(() => ElementComparison.Differences(kernel.Netfilter, family, elements)) switch
        {
            null => throw new NftException("others change rules faster than ours can be read"),
            0 => structure == _structure ? null : "chains, rules or sets were not as they should be",
            var wrong => FormattableString.Invariant($"{wrong} element(s) were not as they should be"),
        };
    }

    private string? ReadStructure() => Ask(() => TableStructure.Read(kernel.Netfilter, family, TableLayout.TableName));

    private T Ask<T>(Func<T> question)
    {
        try
        {
            return question();
        }
        catch (Win32Exception e)
        {
            throw new NftException($"{family.NftName()} {TableLayout.TableName}: {e.Message}");
        }
    }
}
