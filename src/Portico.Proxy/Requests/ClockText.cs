using System.Globalization;

namespace Portico.Proxy.Requests;

/// <summary>Moments as nginx prints them. Ticks are <see cref="DateTime.Ticks"/> in UTC.</summary>
internal static class ClockText
{
    public static long UnixMilliseconds(long utcTicks) => (utcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;

    /// <summary><c>02/Jan/2026:15:04:05 +0000</c>, in the time zone of the process.</summary>
    public static bool AppendLogTime(ByteBuilder output, long utcTicks)
    {
        var local = Local(utcTicks);
        local.TryFormat(output.Reserve(32), out var length, "dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture);
        output.Advance(length);
        output.Append((byte)' ');
        AppendOffset(output, local.Offset, withColon: false);
        return true;
    }

    /// <summary><c>2026-01-02T15:04:05+00:00</c>, in the time zone of the process.</summary>
    public static bool AppendIso8601(ByteBuilder output, long utcTicks)
    {
        var local = Local(utcTicks);
        local.TryFormat(output.Reserve(32), out var length, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        output.Advance(length);
        AppendOffset(output, local.Offset, withColon: true);
        return true;
    }

    private static DateTimeOffset Local(long utcTicks)
    {
        var utc = new DateTimeOffset(utcTicks, TimeSpan.Zero);
        return utc.ToOffset(TimeZoneInfo.Local.GetUtcOffset(utc));
    }

    private static void AppendOffset(ByteBuilder output, TimeSpan offset, bool withColon)
    {
        output.Append(offset < TimeSpan.Zero ? (byte)'-' : (byte)'+');
        output.AppendDecimal(Math.Abs(offset.Hours), 2);
        if (withColon)
        {
            output.Append((byte)':');
        }

        output.AppendDecimal(Math.Abs(offset.Minutes), 2);
    }
}
