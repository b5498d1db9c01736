using System.Runtime.CompilerServices;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Net.ProxyProtocol;

/// <summary>How the wait for a header ended.</summary>
/// <param name="Status">Positive when the header was taken off the connection; zero when the peer left or sent something else; else an error.</param>
public readonly record struct ProxyHeaderResult(int Status, ProxyHeader Header);

/// <summary>Takes the header of the PROXY protocol off a new connection, and not a byte more: TLS or HTTP begin behind it.</summary>
public static class ProxyHeaderReader
{
    /// <param name="timeout">Time for the whole header.</param>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<ProxyHeaderResult> TakeAsync(Connection connection, TimeSpan timeout)
    {
        var shard = connection.Shard;
        var due = shard.NowMilliseconds + (long)timeout.TotalMilliseconds;
        var seen = 0;
        while (true)
        {
            var look = Look(connection, out var header, out var count);
            if (look == ProxyHeaderStatus.Done)
            {
                var skipped = await SkipAsync(connection, header.Length, due);
                return new ProxyHeaderResult(skipped, header);
            }

            // A peer that has finished sends no more: what is there now is all there will be.
            if (look == ProxyHeaderStatus.Invalid || (connection.PeerFinished && count <= seen))
            {
                return new ProxyHeaderResult(IoStatus.End, default);
            }

            seen = Math.Max(seen, count);
            var waited = await connection.WaitForMoreAsync(TimeSpan.FromMilliseconds(Math.Max(1, due - shard.NowMilliseconds)));
            if (waited < 0)
            {
                return new ProxyHeaderResult(waited, default);
            }
        }
    }

    private static ProxyHeaderStatus Look(Connection connection, out ProxyHeader header, out int count)
    {
        Span<byte> bytes = stackalloc byte[ProxyHeaderParser.LongestLook];
        count = connection.PeekNow(bytes);
        if (count > 0)
        {
            return ProxyHeaderParser.Parse(bytes[..count], out header);
        }

        header = default;
        return count == Connection.NothingNow ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Invalid;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<int> SkipAsync(Connection connection, int length, long due)
    {
        var left = length;
        while (left > 0)
        {
            var skipped = connection.SkipNow(left);
            if (skipped > 0)
            {
                left -= skipped;
                continue;
            }

            if (skipped != Connection.NothingNow)
            {
                return skipped;
            }

            var waited = await connection.WaitForInputAsync(TimeSpan.FromMilliseconds(Math.Max(1, due - connection.Shard.NowMilliseconds)));
            if (waited < 0)
            {
                return waited;
            }
        }

        return length;
    }
}
