using System.Buffers.Binary;
using System.ComponentModel;

namespace Portico.Services.Netlink;

/// <summary>
/// The number of the kernel's rule set, which every transaction of anybody raises by one (NFT_MSG_GETGEN): tells at no cost whether others
/// have changed something since we looked. One thread uses it.
/// </summary>
internal sealed class RuleGeneration(NetfilterSocket netfilter)
{
    private const ushort Get = (10 << 8) | 16;
    private const ushort Id = 1;

    private uint _known;
    private bool _doubtful = true;

    /// <summary>Whether the rules may be others than those that we wrote or saw last.</summary>
    public bool HasMoved => _doubtful || Read() != _known;

    /// <summary>A transaction of ours went through.</summary>
    public void Wrote()
    {
        var now = Read();
        _doubtful |= now != _known + 1;
        _known = now;
    }

    /// <summary>The rules are about to be looked at.</summary>
    public void Look() => (_known, _doubtful) = (Read(), false);

    /// <exception cref="Win32Exception">The kernel does not tell it.</exception>
    public uint Read()
    {
        var id = 0u;
        netfilter.Ask(Get, 0, null, [], reply => id = NetlinkAttribute.Find(reply, Id) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32BigEndian(value.Span) : 0);
        return id;
    }
}
