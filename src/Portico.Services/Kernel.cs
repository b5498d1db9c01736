using System.ComponentModel;
using Portico.Services.Netlink;
using Portico.Services.Nft;

namespace Portico.Services;

/// <summary>The ways into the kernel that both families share. One thread uses them.</summary>
internal sealed class Kernel : IDisposable
{
    /// <exception cref="NftException">This machine lacks libnftables, or gives no socket to netfilter.</exception>
    public Kernel()
    {
        Nft = new NftContext();
        try
        {
            Netfilter = new NetfilterSocket();
        }
        catch (Win32Exception e)
        {
            Nft.Dispose();
            throw new NftException($"netfilter cannot be asked: {e.Message}");
        }

        Generation = new RuleGeneration(Netfilter);
    }

    public NftContext Nft { get; }

    public NetfilterSocket Netfilter { get; }

    public RuleGeneration Generation { get; }

    public void Dispose()
    {
        Netfilter.Dispose();
        Nft.Dispose();
    }
}
