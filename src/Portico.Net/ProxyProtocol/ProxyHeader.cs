using Portico.Net.Sockets;

namespace Portico.Net.ProxyProtocol;

/// <summary>What the header of the PROXY protocol says, in either version.</summary>
public struct ProxyHeader
{
    private InlineSocketAddress _source;
    private InlineSocketAddress _destination;

    /// <summary>Bytes that the header takes, its TLVs included: what follows them belongs to the connection.</summary>
    public int Length { get; internal set; }

    /// <summary>False for UNKNOWN, LOCAL and families that are not IP: the addresses of the connection itself hold then.</summary>
    public bool HasAddresses { get; internal set; }

    /// <summary>Who connected to the proxy in front of us, as <see cref="SocketAddress"/> reads it.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Source => _source;

    /// <summary>Where they connected to.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Destination => _destination;

    internal void SetAddresses(ReadOnlySpan<byte> sourceIp, int sourcePort, ReadOnlySpan<byte> destinationIp, int destinationPort)
    {
        HasAddresses = true;
        SocketAddress.Write(_source, sourceIp, sourcePort);
        SocketAddress.Write(_destination, destinationIp, destinationPort);
    }
}

public enum ProxyHeaderStatus
{
    /// <summary>A header as far as it goes, and it goes on.</summary>
    NeedMore,

    /// <summary>The addresses are known. Bytes of <see cref="ProxyHeader.Length"/> that were not seen yet are to be skipped.</summary>
    Done,

    /// <summary>Not a header.</summary>
    Invalid,
}
