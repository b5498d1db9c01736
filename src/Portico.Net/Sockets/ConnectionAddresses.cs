using System.Runtime.CompilerServices;

namespace Portico.Net.Sockets;

/// <summary>A socket address kept inline, so that a connection needs no object for it.</summary>
[InlineArray(SocketAddress.MaxLength)]
public struct InlineSocketAddress
{
    private byte _first;
}
