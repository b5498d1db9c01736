using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>A session with a neighbor as FRR sees it.</summary>
/// <param name="State">In the words of RFC 4271, 8.2.2.</param>
/// <param name="LastReset">Why it ended the last time; empty when it has not.</param>
/// <param name="Drops">How often it has ended; one that begins and ends between two looks is told by it.</param>
/// <param name="Refusal">What one side told the other when it ended or did not come about, in the words of RFC 4271, 4.5; empty for nothing.</param>
internal sealed record BgpSession(string State, string LastReset, string Refusal, int Drops)
{
    public bool IsUp => State == "Established";
}

/// <summary>Reads <c>show bgp neighbors json</c>.</summary>
internal static class FrrSessions
{
    /// <summary>By neighbor. Empty for what is no such text.</summary>
    public static ImmutableDictionary<string, BgpSession> Read(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject all
                ? all.Where(n => n.Value is JsonObject).ToImmutableDictionary(n => n.Key, n => Session((JsonObject)n.Value!))
                : ImmutableDictionary<string, BgpSession>.Empty;
        }
        catch (JsonException)
        {
            return ImmutableDictionary<string, BgpSession>.Empty;
        }
    }

    /// <summary>How many segments with a wrong, a missing or an unexpected signature of RFC 2385 have arrived: all that a kernel tells of wrong passwords.</summary>
    public static long WrongSignatures(string netstat)
    {
        var lines = netstat.Split('\n').Where(l => l.StartsWith("TcpExt:", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToList();
        return lines.Count < 2 ? 0 : lines[0].Zip(lines[1])
            .Where(f => f.First is "TCPMD5NotFound" or "TCPMD5Unexpected" or "TCPMD5Failure")
            .Sum(f => long.TryParse(f.Second, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0);
    }

    private static BgpSession Session(JsonObject neighbor) => new(
        Text(neighbor["bgpState"]),
        Text(neighbor["lastNotificationReason"]) is { Length: > 0 } reason ? reason : Text(neighbor["lastResetDueTo"]),
        Text(neighbor["lastNotificationReason"]),
        neighbor["connectionsDropped"] is JsonValue value && value.TryGetValue<int>(out var drops) ? drops : 0);

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
