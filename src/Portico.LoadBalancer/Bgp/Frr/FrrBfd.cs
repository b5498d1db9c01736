using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR counts of the packets of BFD with a neighbor.</summary>
internal sealed record BfdCount(string Peer, string Vrf, bool IsUp, ImmutableDictionary<string, long> Packets);

/// <summary>Reads <c>show bfd peers json</c> and <c>show bfd peers counters json</c>.</summary>
internal static class FrrBfd
{
    /// <param name="isOurs">Whether a neighbor of a VRF (empty for none) is one of ours.</param>
    /// <returns>Empty for what are no such texts.</returns>
    public static ImmutableArray<BfdCount> Read(string peers, string counters, Func<string, string, bool> isOurs)
    {
        var counted = Parse(counters).GroupBy(KeyOf).ToDictionary(g => g.Key, g => g.First());
        return
        [
            .. from peer in Parse(peers)
               let key = KeyOf(peer)
               where isOurs(key.Vrf == "default" ? "" : key.Vrf, key.Peer)
               select new BfdCount(
                   key.Peer,
                   key.Vrf,
                   Text(peer["status"]) == "up",
                   (counted.GetValueOrDefault(key) ?? []).Where(c => c.Value is JsonValue value && value.TryGetValue<long>(out _)).ToImmutableDictionary(c => c.Key, c => c.Value!.GetValue<long>())),
        ];
    }

    private static (string Peer, string Vrf) KeyOf(JsonObject entry) => (Text(entry["peer"]), Text(entry["vrf"]) is { Length: > 0 } vrf ? vrf : "default");

    private static List<JsonObject> Parse(string json)
    {
        try
        {
            return [.. (JsonNode.Parse(json) as JsonArray ?? []).OfType<JsonObject>()];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
