namespace Portico.Services.Netlink;

/// <summary>Messages about the elements of sets, and their attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ElementAttributes
{
    /// <summary>NFNL_SUBSYS_NFTABLES</summary>
    public const byte Subsystem = 10;

    /// <summary>NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM</summary>
    public const byte New = 12, Delete = 14;

    /// <summary>NFT_MSG_GETSETELEM, with the subsystem.</summary>
    public const ushort GetElements = (Subsystem << 8) | 13;

    /// <summary>NFTA_SET_ELEM_LIST_TABLE, …_SET, …_ELEMENTS</summary>
    public const ushort ListTable = 1, ListSet = 2, ListElements = 3;

    /// <summary>NFTA_LIST_ELEM</summary>
    public const ushort ListElement = 1;

    /// <summary>NFTA_SET_ELEM_KEY, …_DATA, …_KEY_END</summary>
    public const ushort Key = 1, Data = 2, KeyEnd = 10;

    /// <summary>NFTA_DATA_VALUE, NFTA_DATA_VERDICT</summary>
    public const ushort DataValue = 1, DataVerdict = 2;

    /// <summary>NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN</summary>
    public const ushort VerdictCode = 1, VerdictChain = 2;

    /// <summary>NFT_GOTO</summary>
    public const int Goto = -4;
}
