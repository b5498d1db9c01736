using System.Collections.Immutable;
using Portico.Model.Text;

namespace Portico.Ingress.Configuration;

/// <summary>TCP and UDP services, and their log.</summary>
internal static partial class ConfigKeys
{
    private static ImmutableArray<ConfigKey> StreamKeys() =>
    [
        Time("proxy-stream-timeout", "600s", "Longest silence of TCP and UDP sessions.", (d, v) => d.Streams(s => s with { IdleTimeout = v })),
        Boolean("proxy-stream-next-upstream", true, "Tries another endpoint when one cannot be connected to.", (d, v) => d.Streams(s => s with { NextUpstream = v })),
        Time("proxy-stream-next-upstream-timeout", "600s", "Time after which no further endpoint is tried, 0 for no limit.", (d, v) => d.Streams(s => s with { NextUpstreamTimeout = v })),
        Integer("proxy-stream-next-upstream-tries", 3, 0, "Attempts in total, 0 for no limit.", (d, v) => d.Streams(s => s with { NextUpstreamTries = v })),
        Integer("proxy-stream-responses", 1, 0, "Datagrams that answer one datagram of a client.", (d, v) => d.Streams(s => s with { Responses = v })),
        Boolean("disable-stream-access-log", false, "Switches the access log of TCP and UDP off.", (d, v) => d.DisableStreamAccessLog = v),
        Text("stream-access-log-path", "", "A file for TCP and UDP alone.", (d, v) => d.StreamAccessLogPath = v == StandardLog ? "" : v),
        Checked("log-format-stream", "[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time", "The format for TCP and UDP.", TakeStreamLogFormat),
    ];

    private static bool TakeStreamLogFormat(ConfigurationDraft draft, string text)
    {
        if (text.Length > 0)
        {
            draft.Streams(s => s with { Log = s.Log with { Format = Template.Parse(text) } });
        }

        return true;
    }
}
