using System.Runtime.CompilerServices;
using Portico.Model.Policies;
using Portico.Net.Async;
using Portico.Net.ProxyProtocol;
using Portico.Net.Sockets;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    /// <summary>
    /// The header of the PROXY protocol, before TLS and HTTP: the client as the request's headers name it too, and the address on our side
    /// that it came to. The connection belongs to this request alone and is not kept.
    /// </summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SendProxyHeaderAsync(Connection backend)
    {
        var buffer = services.Shard.Buffers.Rent(ProxyHeaderWriter.LongestHeader);
        var written = await backend.WriteAsync(buffer, 0, WriteProxyHeader(buffer), _policy.SendTimeout);
        services.Shard.Buffers.Return(buffer);
        return written;
    }

    private int WriteProxyHeader(byte[] buffer)
    {
        Span<byte> source = stackalloc byte[SocketAddress.MaxLength];
        Span<byte> destination = stackalloc byte[SocketAddress.MaxLength];
        Span<byte> ip = stackalloc byte[16];
        var client = _context.Client;
        SocketAddress.Write(source, ip[..client.Write(ip)], _context.ClientPort);
        if (_context.Connection.Proxy is { } announced)
        {
            SocketAddress.Write(destination, ip[..announced.Destination.Write(ip)], announced.DestinationPort);
        }
        else
        {
            _exchange.Connection.ReadLocalAddress(destination);
        }

        return _policy.SendProxyProtocol == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteText(buffer, source, destination)
            : ProxyHeaderWriter.WriteBinary(buffer, source, destination);
    }
}
