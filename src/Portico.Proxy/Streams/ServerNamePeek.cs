using System.Runtime.CompilerServices;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Net.Tls;

namespace Portico.Proxy.Streams;

/// <summary>
/// Looks at which server a new TLS connection asks for, in the kernel's buffer: whoever takes the connection afterwards reads it from its
/// first byte. Asked only on ports that pass connections through.
/// </summary>
internal static class ServerNamePeek
{
    /// <summary>Waits for the whole ClientHello.</summary>
    /// <param name="timeout">Time for the whole hello.</param>
    /// <returns>The name, lower case; empty when none is named, or what comes is no ClientHello; null when nothing worth serving comes.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<byte[]?> LookAsync(Connection connection, TimeSpan timeout)
    {
        var shard = connection.Shard;
        var due = shard.NowMilliseconds + (long)timeout.TotalMilliseconds;
        var seen = -1;
        while (true)
        {
            var name = Look(connection, seen, out var count);
            if (name is not null)
            {
                return name;
            }

            seen = count;
            var waited = await connection.WaitForMoreAsync(TimeSpan.FromMilliseconds(Math.Max(1, due - shard.NowMilliseconds)));
            if (waited < 0)
            {
                return null;
            }
        }
    }

    /// <returns>Null when more has to come.</returns>
    private static byte[]? Look(Connection connection, int seen, out int count)
    {
        var buffer = connection.Shard.Buffers.Rent(ClientHello.LongestLook);
        Span<byte> name = stackalloc byte[ClientHello.LongestName];
        count = connection.PeekNow(buffer.AsSpan(0, ClientHello.LongestLook));
        var status = count > 0 ? ClientHello.Parse(buffer.AsSpan(0, count), name, out var length) : NothingYet(count, out length);
        connection.Shard.Buffers.Return(buffer);
        // A hello that is too long, or that its sender has left unfinished, is for the TLS server to judge.
        var undecided = status == ClientHelloStatus.NeedMore && count < ClientHello.LongestLook && !(connection.PeerFinished && count <= seen);
        if (undecided)
        {
            return null;
        }

        var asked = new byte[length];
        System.Text.Ascii.ToLower(name[..length], asked, out _);
        return asked;
    }

    private static ClientHelloStatus NothingYet(int count, out int length)
    {
        length = 0;
        return count == Connection.NothingNow ? ClientHelloStatus.NeedMore : ClientHelloStatus.NotTls;
    }
}
