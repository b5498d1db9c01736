using System.Collections.Immutable;
using System.Text;
using Portico.Http.Http2;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>How a defence is called: the label of <c>portico_http2_defences_total</c>, and the words of the log.</summary>
/// <param name="Ends">What it ends: the connection, or one stream.</param>
internal sealed record Http2DefenceFacts(Http2Defence Defence, string Label, string Ends, string Words)
{
    public byte[] LabelBytes { get; } = Encoding.ASCII.GetBytes(Label);

    /// <summary>Clients can make it happen at will: the log is told now and then.</summary>
    public RepeatedMessage Repeats { get; } = new();

    public static ImmutableArray<Http2DefenceFacts> All { get; } =
    [
        new(Http2Defence.RapidReset, "rapid_reset", "connection", "it opens streams only to end them"),
        new(Http2Defence.PingFlood, "ping_flood", "connection", "too many PING frames"),
        new(Http2Defence.SettingsFlood, "settings_flood", "connection", "too many SETTINGS frames"),
        new(Http2Defence.PriorityFlood, "priority_flood", "connection", "too many PRIORITY frames"),
        new(Http2Defence.WindowUpdateFlood, "window_update_flood", "connection", "too many WINDOW_UPDATE frames"),
        new(Http2Defence.EmptyDataFlood, "empty_data_flood", "connection", "too many DATA frames without bytes"),
        new(Http2Defence.FrameFlood, "frame_flood", "connection", "a header block in too many pieces"),
        new(Http2Defence.HeaderBomb, "header_bomb", "connection", "headers that unpack to many times the allowed size"),
        new(Http2Defence.StreamFlood, "stream_flood", "connection", "too many streams beyond the announced number"),
        new(Http2Defence.UnreadOutput, "unread_output", "connection", "it asks for answers that it does not read"),
        new(Http2Defence.StalledStream, "stalled_stream", "stream", "its window stayed shut for the send timeout"),
    ];

    public static Http2DefenceFacts Of(Http2Defence defence) => All[(int)defence];
}
