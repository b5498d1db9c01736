using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// How fast a response goes to its client, where a limit is set (<c>limit-rate</c>, or the backend's X-Accel-Limit-Rate): by nginx's
/// arithmetic at most the bytes before the rate holds, and those of the seconds that have passed, and one second more. Nothing is read from
/// the backend meanwhile.
/// </summary>
internal sealed partial class Forwarder
{
    /// <summary>Parts of a second that are written at once, where a client takes them.</summary>
    private const int PiecesPerSecond = 8;

    private ShardWait? _pause;

    /// <summary>Bytes a second; zero for as fast as it can.</summary>
    private long _rate;

    private long _rateAfter;
    private long _paceStartedMilliseconds;
    private long _delivered;

    /// <summary>The backend's word counts before the route's; zero lifts the limit.</summary>
    private void BeginPacing(ResponseHead response)
    {
        var policy = _policy.Rate;
        _rate = policy?.BytesPerSecond ?? 0;
        _rateAfter = policy?.After ?? 0;
        if (response.Headers.TryGet(HeaderId.XAccelLimitRate, out var text) && Utf8Parser.TryParse(text, out long rate, out var used) && used == text.Length && rate >= 0)
        {
            _rate = rate;
        }

        if (_rate > 0)
        {
            _paceStartedMilliseconds = services.Shard.NowMilliseconds;
            _delivered = 0;
        }
    }

    /// <summary>Writes a piece to the client, at the rate that is set.</summary>
    private ValueTask<int> DeliverAsync(byte[] buffer, int offset, int count, bool last) =>
        _rate == 0 ? _exchange.WriteBodyAsync(buffer, offset, count, last) : DeliverSlowlyAsync(buffer, offset, count, last);

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> DeliverSlowlyAsync(byte[] buffer, int offset, int count, bool last)
    {
        while (true)
        {
            var wanted = (int)Math.Min(count, Math.Max(1, _rate / PiecesPerSecond));
            var missing = wanted - Allowance();
            if (missing > 0)
            {
                _pause ??= new ShardWait();
                if (await _pause.Begin(services.Shard, TimeSpan.FromMilliseconds((missing * 1000 / _rate) + 1)) != IoStatus.TimedOut || _exchange.IsClientGone)
                {
                    return IoStatus.Canceled;
                }

                continue;
            }

            var size = (int)Math.Min(count, Allowance());
            _delivered += size;
            if (size == count)
            {
                return await _exchange.WriteBodyAsync(buffer, offset, count, last);
            }

            // The bytes behind a piece may be overwritten, and here they are the next one's.
            var behind = BitConverter.ToInt64(buffer, offset + size);
            var written = await _exchange.WriteBodyAsync(buffer, offset, size, last: false);
            BitConverter.TryWriteBytes(buffer.AsSpan(offset + size), behind);
            if (written < 0)
            {
                return written;
            }

            offset += size;
            count -= size;
        }
    }

    /// <summary>What may go out now.</summary>
    private long Allowance()
    {
        var milliseconds = services.Shard.NowMilliseconds - _paceStartedMilliseconds + 1000;
        var due = (milliseconds / 1000 * _rate) + (milliseconds % 1000 * _rate / 1000);
        return _rateAfter + due - _delivered;
    }
}
