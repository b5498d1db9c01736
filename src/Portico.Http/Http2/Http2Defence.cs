namespace Portico.Http.Http2;

/// <summary>What a client did to have its HTTP/2 connection or stream ended for the gateway's own good (RFC 9113, 10.5).</summary>
public enum Http2Defence : byte
{
    /// <summary>Streams opened and reset, by itself or by its errors, faster than anybody changes their mind (CVE-2023-44487).</summary>
    RapidReset,

    PingFlood,
    SettingsFlood,
    PriorityFlood,
    WindowUpdateFlood,
    EmptyDataFlood,

    /// <summary>A header block in too many pieces (CVE-2024-28182), or another limit of the library's own.</summary>
    FrameFlood,

    /// <summary>Fields that unpack to many times of what a request may measure.</summary>
    HeaderBomb,

    /// <summary>More streams than announced, again and again.</summary>
    StreamFlood,

    /// <summary>Frames that call for answers, from a client that reads none.</summary>
    UnreadOutput,

    /// <summary>A stream whose window stayed shut for the send timeout; the stream alone is ended.</summary>
    StalledStream,
}

/// <summary>
/// How often each defence was used on one shard. Written by its thread only, read by the scraper at any time.
/// </summary>
public sealed class Http2DefenceCounters
{
    // A cache line of room on both sides keeps neighbours' numbers away.
    private const int Padding = 16;

    private readonly long[] _counts = new long[Enum.GetValues<Http2Defence>().Length + (2 * Padding)];

    public long this[Http2Defence defence] => _counts[Padding + (int)defence];

    public void Count(Http2Defence defence) => _counts[Padding + (int)defence]++;
}
