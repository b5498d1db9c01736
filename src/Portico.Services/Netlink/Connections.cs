using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using Portico.Services.Planning;

namespace Portico.Services.Netlink;

/// <summary>A flow as the kernel tracks it.</summary>
/// <param name="Protocol">UDP or TCP.</param>
/// <param name="To">Where its packets are addressed to.</param>
/// <param name="AnsweredBy">Where answers come from: the endpoint, or <paramref name="To"/> itself when nothing was rewritten.</param>
/// <param name="IsAnswered">Whether an answer was seen.</param>
internal readonly record struct TrackedFlow(string Protocol, PodEndpoint To, PodEndpoint AnsweredBy, bool IsAnswered);

/// <summary>
/// The kernel's connection tracking (linux/netfilter/nfnetlink_conntrack.h). A flow keeps its endpoint for as long as packets come, whatever the
/// rules say by now; it has to be forgotten to choose anew. One thread uses it.
/// </summary>
internal static class Connections
{
    private const ushort Get = (1 << 8) | 1, Delete = (1 << 8) | 2;
    private const ushort Original = 1, Reply = 2, Status = 3, Id = 12, Zone = 18;
    private const uint SeenReply = 1 << 1; // IPS_SEEN_REPLY
    private const int NoSuchEntry = 2; // ENOENT
    private const byte Tcp = 6, Udp = 17;

    /// <summary>Forgets the flows for which that is said.</summary>
    /// <returns>How many they were.</returns>
    /// <exception cref="Win32Exception">The kernel says no.</exception>
    public static int Forget(NetfilterSocket netfilter, IpFamily family, Predicate<TrackedFlow> stale)
    {
        var found = new List<byte[]>();
        for (var tries = 0; tries < 3; tries++)
        {
            found.Clear();
            var whole = netfilter.Ask(Get, NetfilterSocket.Dump, family, [], entry =>
            {
                if (Read(entry) is { } flow && stale(flow))
                {
                    found.Add(Identity(entry));
                }
            });
            if (whole)
            {
                break;
            }
        }

        var forgotten = 0;
        foreach (var identity in found)
        {
            try
            {
                netfilter.Ask(Delete, NetfilterSocket.Acknowledge, family, identity, each: null);
                forgotten++;
            }
            catch (Win32Exception e) when (e.NativeErrorCode == NoSuchEntry)
            {
                // It ended by itself meanwhile.
            }
        }

        return forgotten;
    }

    /// <summary>A flow of UDP or TCP; null for anything else.</summary>
    internal static TrackedFlow? Read(ReadOnlyMemory<byte> entry)
    {
        var (original, reply) = (NetlinkAttribute.Find(entry, Original), NetlinkAttribute.Find(entry, Reply));
        var number = NetlinkAttribute.Find(NetlinkAttribute.Find(original, 2), 1);
        var protocol = number.Length != 1 ? null : number.Span[0] switch { Udp => "UDP", Tcp => "TCP", _ => null };
        if (protocol is null || End(original, ofSource: false) is not { } to || End(reply, ofSource: true) is not { } by)
        {
            return null;
        }

        var status = NetlinkAttribute.Find(entry, Status);
        return new TrackedFlow(protocol, to, by, status.Length == 4 && (BinaryPrimitives.ReadUInt32BigEndian(status.Span) & SeenReply) != 0);
    }

    private static PodEndpoint? End(ReadOnlyMemory<byte> tuple, bool ofSource)
    {
        var addresses = NetlinkAttribute.Find(tuple, 1);
        var address = NetlinkAttribute.Find(addresses, (ushort)(ofSource ? 1 : 2));
        if (address.Length == 0)
        {
            address = NetlinkAttribute.Find(addresses, (ushort)(ofSource ? 3 : 4));
        }

        var port = NetlinkAttribute.Find(NetlinkAttribute.Find(tuple, 2), (ushort)(ofSource ? 2 : 3));
        return address.Length is 4 or 16 && port.Length == 2
            ? new PodEndpoint(new IPAddress(address.Span).ToString(), BinaryPrimitives.ReadUInt16BigEndian(port.Span))
            : null;
    }

    /// <summary>What names an entry; with its number, so that none is meant that took its place.</summary>
    private static byte[] Identity(ReadOnlyMemory<byte> entry)
    {
        var bytes = new List<byte>();
        foreach (var type in (ushort[])[Original, Zone, Id])
        {
            bytes.AddRange(NetlinkAttribute.FindWhole(entry, type).Span);
            while (bytes.Count % 4 != 0)
            {
                bytes.Add(0);
            }
        }

        return [.. bytes];
    }
}
