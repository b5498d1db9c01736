using System.Security.Cryptography;

namespace Portico.Services.Netlink;

/// <summary>
/// Chains, rules and sets of a table, without the elements of sets, as a fingerprint: two are equal when nobody has made, changed or replaced any of
/// them in between. Costs nothing that grows with Services. One thread uses it.
/// </summary>
internal static class TableStructure
{
    private const ushort NfTables = 10 << 8; // NFNL_SUBSYS_NFTABLES
    private const ushort GetChain = NfTables | 4, GetRule = NfTables | 7, GetSet = NfTables | 10;
    private const ushort Table = 1; // NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE
    private const ushort ChainUse = 6; // NFTA_CHAIN_USE: elements that lead to a chain count
    private const ushort SetCount = 20; // NFTA_SET_COUNT: how many elements there are

    /// <returns>Null when there is no table.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel says no.</exception>
    public static string? Read(NetfilterSocket netfilter, IpFamily family, string table)
    {
        for (var tries = 1; ; tries++)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (chains, whole) = Add(hash, netfilter, family, table, GetChain, ChainUse);
            if (chains == 0 && whole)
            {
                return null;
            }

            whole &= Add(hash, netfilter, family, table, GetRule, without: 0).Whole && Add(hash, netfilter, family, table, GetSet, SetCount).Whole;
            if (whole || tries == 3)
            {
                return Convert.ToHexString(hash.GetHashAndReset());
            }
        }
    }

    /// <param name="without">An attribute that does not count.</param>
    /// <returns>How many objects there are, and whether none may be missing.</returns>
    private static (int Objects, bool Whole) Add(IncrementalHash hash, NetfilterSocket netfilter, IpFamily family, string table, ushort question, ushort without)
    {
        var objects = 0;
        var ours = NetlinkAttribute.OfText(Table, table);

        // Of chains the kernel tells those of all tables.
        var whole = netfilter.Ask(question, NetfilterSocket.Dump, family, ours, attributes =>
        {
            if (!ours.AsSpan().StartsWith(NetlinkAttribute.FindWhole(attributes, Table).Span))
            {
                return;
            }

            objects++;
            while (NetlinkAttribute.Next(ref attributes, out var type) is { Length: > 0 } attribute)
            {
                if (type != without)
                {
                    hash.AppendData(attribute.Span);
                }
            }
        });
        return (objects, whole);
    }
}
