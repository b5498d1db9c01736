using System.Collections.Concurrent;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>How many frames went about an address.</summary>
internal readonly record struct Layer2Count(long RequestsReceived, long ResponsesSent, long GratuitousSent);

/// <summary>
/// Counts frames about addresses that are, or were, announced from here. Written by the announcer's thread alone, read by scrapes; an address
/// stays counted, since a counter that vanishes looks like a restart.
/// </summary>
internal sealed class Layer2Counters
{
    private readonly ConcurrentDictionary<Address, Layer2Count> _counts = [];

    public IEnumerable<KeyValuePair<Address, Layer2Count>> All => _counts;

    public void Asked(Address address) => Add(address, new Layer2Count(1, 0, 0));

    public void Answered(Address address) => Add(address, new Layer2Count(0, 1, 0));

    public void ToldUnasked(Address address) => Add(address, new Layer2Count(0, 0, 1));

    private void Add(Address address, Layer2Count more) => _counts.AddOrUpdate(
        address,
        static (_, one) => one,
        static (_, sum, one) => new Layer2Count(sum.RequestsReceived + one.RequestsReceived, sum.ResponsesSent + one.ResponsesSent, sum.GratuitousSent + one.GratuitousSent),
        more);
}
