using System.Globalization;

namespace Portico.Proxy.Headers;

/// <summary>
/// The value of the Date header (RFC 9110, 5.6.7), formatted once a second. One for each shard, used on its thread only.
/// </summary>
internal sealed class HttpDateCache
{
    private readonly byte[] _text = new byte[29];
    private long _second = -1;

    /// <param name="utcTicks">The moment, <see cref="DateTime.Ticks"/> in UTC.</param>
    public ReadOnlySpan<byte> At(long utcTicks)
    {
        var second = utcTicks / TimeSpan.TicksPerSecond;
        if (second != _second)
        {
            new DateTime(utcTicks, DateTimeKind.Utc).TryFormat(_text, out _, "R", CultureInfo.InvariantCulture);
            _second = second;
        }

        return _text;
    }
}
