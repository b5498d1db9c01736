using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR counts of the messages with a neighbor.</summary>
/// <param name="Peer">Address and port as they are configured, so that a session that comes back is the same.</param>
/// <param name="PrefixesSent">Over all families.</param>
internal sealed record PeerCount(string Peer, string Vrf, bool IsUp, long PrefixesSent, ImmutableDictionary<string, long> Messages);

/// <summary>Reads the counters out of <c>show bgp neighbors json</c>.</summary>
internal static class FrrCounters
{
    /// <param name="neighbors">Ours, with their ports: one that FRR says nothing about is down.</param>
    public static ImmutableArray<PeerCount> Read(string json, string vrf, IEnumerable<(string Name, int Port)> neighbors)
    {
        var all = Parse(json);
        return [.. neighbors.Select(n => Count(FormattableString.Invariant($"{n.Name}:{n.Port}"), vrf, all[n.Name] as JsonObject ?? []))];
    }

    private static JsonObject Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static PeerCount Count(string peer, string vrf, JsonObject neighbor)
    {
        var isUp = neighbor["bgpState"] is JsonValue state && state.TryGetValue<string>(out var text) && text == "Established";
        var families = neighbor["addressFamilyInfo"] as JsonObject ?? [];
        var messages = neighbor["messageStats"] as JsonObject ?? [];
        return new PeerCount(
            peer,
            vrf,
            isUp,
            families.Sum(f => f.Value is JsonObject family ? Number(family["sentPrefixCounter"]) : 0),
            messages.ToImmutableDictionary(m => m.Key, m => Number(m.Value)));
    }

    private static long Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;
}
