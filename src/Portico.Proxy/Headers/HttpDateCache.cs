using System.Globalization;

namespace Portico.Proxy.Headers;

/// <summary>
/// The value of the Date header (RFC 9110, 5.6.7), formatted once a second. One for each shard, used on its thread only.
/// </summary>
internal sealed class HttpDateCache(TimeProvider clock)
{
    private readonly byte[] _text = new byte[29];
    private long _second = -1;

    public ReadOnlySpan<byte> Current
    {
        get
        {
            var now = clock.GetUtcNow();
            var second = now.UtcTicks / TimeSpan.TicksPerSecond;
            if (second != _second)
            {
                now.TryFormat(_text, out _, "R", CultureInfo.InvariantCulture);
                _second = second;
            }

            return _text;
        }
    }
}
