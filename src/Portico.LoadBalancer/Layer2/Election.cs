using System.Security.Cryptography;
using System.Text;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>
/// Which node announces an address. Every speaker computes the same from the same candidates, so nobody has to be asked: first the
/// node with the most preference, of equals the one whose SHA-256 of <c>node#address</c> is the smallest (MetalLB's rule).
/// </summary>
internal static class Election
{
    /// <param name="candidates">Node names with the sum of the weights that prefer them.</param>
    /// <returns>Null when there is no candidate.</returns>
    public static string? Winner(Address address, IEnumerable<(string Node, int Weight)> candidates)
    {
        (string Node, int Weight, byte[] Hash)? best = null;
        foreach (var (node, weight) in candidates)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{node}#{address}"));
            if (best is not { } other || weight > other.Weight || (weight == other.Weight && hash.AsSpan().SequenceCompareTo(other.Hash) < 0))
            {
                best = (node, weight, hash);
            }
        }

        return best?.Node;
    }
}
