using System.ComponentModel;
using Portico.Services.Netlink;
using Portico.Services.Nft;

namespace Portico.Services;

/// <summary>The ways into the kernel that both families share. One thread uses them.</summary>
internal sealed class Kernel : IDisposable
{
    private const int NotPermitted = 1; // EPERM

    /// <exception cref="NftException">This machine lacks libnftables, or nftables, or we lack the right to use it; the message says what to do.</exception>
    public Kernel()
    {
        Nft = new NftContext();
        NetfilterSocket? netfilter = null;
        try
        {
            netfilter = new NetfilterSocket();
            Generation = new RuleGeneration(netfilter);
            Generation.Read();
            Netfilter = netfilter;
        }
        catch (Win32Exception e)
        {
            netfilter?.Dispose();
            Nft.Dispose();
            throw new NftException(e.NativeErrorCode == NotPermitted
                ? "the kernel's packet rules may not be touched: run as root, or with the capability NET_ADMIN (in a pod: capabilities.add of its securityContext, and hostNetwork)"
                : $"this kernel has no nftables, or does not tell of it: {e.Message}");
        }
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
