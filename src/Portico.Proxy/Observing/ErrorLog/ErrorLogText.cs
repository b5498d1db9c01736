using System.Runtime.CompilerServices;

namespace Portico.Proxy.Observing.ErrorLog;

/// <summary>
/// The text of a message, put together only when it will be written: <c>log.Write(ErrorLogLevel.Warn, $"…")</c> costs a
/// comparison when the level is off or the message was said often enough.
/// </summary>
[InterpolatedStringHandler]
public ref struct ErrorLogText
{
    private DefaultInterpolatedStringHandler _text;

    public ErrorLogText(int literalLength, int formattedCount, ErrorLogWriter log, ErrorLogLevel level, out bool enabled)
    {
        enabled = log.IsEnabled(level);
        IsEnabled = enabled;
        _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public ErrorLogText(int literalLength, int formattedCount, ErrorLogWriter log, ErrorLogLevel level, RepeatedMessage kind, out bool enabled)
    {
        var leftOut = 0L;
        enabled = log.IsEnabled(level) && kind.TryAdmit(Environment.TickCount64, out leftOut);
        IsEnabled = enabled;
        LeftOut = leftOut;
        _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    internal bool IsEnabled { get; }

    internal long LeftOut { get; }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    public void AppendFormatted(string? value) => _text.AppendFormatted(value);

    public void AppendFormatted(ReadOnlySpan<char> value) => _text.AppendFormatted(value);

    /// <summary>Bytes of the wire, e.g. a host name; the log escapes what is not printable.</summary>
    public void AppendFormatted(ReadOnlySpan<byte> value)
    {
        foreach (var b in value)
        {
            _text.AppendFormatted((char)b);
        }
    }

    internal string Take() => _text.ToStringAndClear();
}
