namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// A line of which the beginning of the exchange is written: what was asked, by whom, where it went. What only the end can tell is
/// left out. Immutable.
/// </summary>
/// <param name="Text">All other bytes of the line.</param>
/// <param name="Gaps">Where in them the values are missing, in the order of the format.</param>
internal sealed record BegunLogLine(AccessLogFormat Format, byte[] Text, int[] Gaps);
