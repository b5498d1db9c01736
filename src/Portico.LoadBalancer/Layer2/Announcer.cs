using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Portico.Kubernetes.Native;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Layer2.Native;

namespace Portico.LoadBalancer.Layer2;

/// <summary>
/// Answers for addresses on the local network, though no interface has them: ARP for IPv4, neighbour discovery for IPv6. A new address is
/// told unasked as well, at once and for five seconds. A thread of its own; what is announced is one reference that others replace.
/// </summary>
internal sealed unsafe class Announcer : IDisposable
{
    private const int LongestFrame = 2048;
    private const int FramesInOneTurn = 64;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1.1);
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Rescan = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<Regex> _exclusions;
    private readonly Layer2Counters _counters;
    private readonly PacketSocket _arp;
    private readonly PacketSocket _solicitations;
    private readonly Socket _groups = new(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
    private readonly int _wake = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
    private readonly Thread _thread;
    private readonly Dictionary<Address, long> _burstEnds = [];
    private readonly HashSet<(Address Group, int Interface)> _joined = [];
    private volatile Announced _wanted = new(ImmutableDictionary<Address, ImmutableArray<string>?>.Empty);
    private Announced _current = new(ImmutableDictionary<Address, ImmutableArray<string>?>.Empty);
    private volatile IReadOnlyList<LocalInterface> _interfaces;
    private long _nextTick = long.MaxValue;
    private long _nextScan;
    private volatile bool _stops;

    private sealed record Announced(ImmutableDictionary<Address, ImmutableArray<string>?> Addresses);

    /// <exception cref="System.ComponentModel.Win32Exception">Frames may not be sent: the capability NET_RAW is missing.</exception>
    public Announcer(IReadOnlyList<Regex> exclusions, Layer2Counters counters)
    {
        (_exclusions, _counters) = (exclusions, counters);
        _arp = PacketSocket.OpenArp();
        _solicitations = PacketSocket.OpenSolicitations();
        _interfaces = LocalInterfaces.Read(exclusions);
        _thread = new Thread(Run) { Name = "layer 2 announcer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Interfaces came or went. Raised on the thread of the announcer.</summary>
    public event Action? InterfacesChanged;

    /// <summary>Replaces what is announced. Any thread.</summary>
    /// <param name="addresses">With the names of the interfaces; null for all.</param>
    public void Announce(ImmutableDictionary<Address, ImmutableArray<string>?> addresses)
    {
        if (ReferenceEquals(addresses, _wanted.Addresses))
        {
            return;
        }

        _wanted = new Announced(addresses);
        Wake();
    }

    /// <summary>Whether one of these interfaces takes part. Any thread.</summary>
    public bool HasAny(ImmutableArray<string> names) => _interfaces.Any(i => names.Contains(i.Name));

    public void Dispose()
    {
        _stops = true;
        Wake();
        _thread.Join();
        _arp.Dispose();
        _solicitations.Dispose();
        _groups.Dispose();
        Libc.close(_wake);
    }

    private void Wake()
    {
        ulong one = 1;
        Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    private void Run()
    {
        var fds = stackalloc Libc.PollFd[3];
        fds[0] = new Libc.PollFd { Fd = _arp.Fd, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _solicitations.Fd, Events = Libc.POLLIN };
        fds[2] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
        while (!_stops)
        {
            var now = Environment.TickCount64;
            if (now >= _nextScan)
            {
                Scan(now);
            }

            Take(now);
            if (now >= _nextTick)
            {
                TellAgain(now);
            }

            var wait = Math.Max(0, Math.Min(_nextScan, _nextTick) - Environment.TickCount64);
            Libc.poll(fds, 3, (int)wait);
            ulong woken;
            Libc.read(_wake, (byte*)&woken, sizeof(ulong));
            AnswerArp();
            AnswerSolicitations();
        }
    }

    /// <summary>A new interface hears of everything; one that is gone is forgotten with its groups.</summary>
    private void Scan(long now)
    {
        _nextScan = now + (long)Rescan.TotalMilliseconds;
        var before = _interfaces.Select(i => (i.Index, i.Mac, i.LinkLocal)).ToHashSet();
        _interfaces = LocalInterfaces.Read(_exclusions);
        _joined.RemoveWhere(j => !_interfaces.Any(i => i.Index == j.Interface));
        if (_interfaces.Any(i => !before.Contains((i.Index, i.Mac, i.LinkLocal))))
        {
            Begin(_current.Addresses.Keys, now);
        }

        if (!before.SetEquals(_interfaces.Select(i => (i.Index, i.Mac, i.LinkLocal))))
        {
            InterfacesChanged?.Invoke();
        }
    }

    private void Take(long now)
    {
        var wanted = _wanted;
        if (ReferenceEquals(wanted, _current))
        {
            return;
        }

        var fresh = wanted.Addresses.Where(w => !_current.Addresses.TryGetValue(w.Key, out var before) || !Same(before, w.Value)).Select(w => w.Key).ToList();
        foreach (var gone in _current.Addresses.Keys.Where(a => !wanted.Addresses.ContainsKey(a)))
        {
            _burstEnds.Remove(gone);
        }

        _current = wanted;
        Begin(fresh, now);
        LeaveGroups();
    }

    private static bool Same(ImmutableArray<string>? one, ImmutableArray<string>? other) =>
        one is null ? other is null : other is not null && one.Value.AsSpan().SequenceEqual(other.Value.AsSpan());

    private void Begin(IEnumerable<Address> addresses, long now)
    {
        foreach (var address in addresses)
        {
            JoinGroups(address);
            Tell(address);
            _burstEnds[address] = now + (long)Burst.TotalMilliseconds;
            _nextTick = Math.Min(_nextTick, now + (long)Tick.TotalMilliseconds);
        }
    }

    private void TellAgain(long now)
    {
        foreach (var (address, end) in _burstEnds.ToList())
        {
            if (now >= end)
            {
                _burstEnds.Remove(address);
            }
            else
            {
                Tell(address);
            }
        }

        _nextTick = _burstEnds.Count > 0 ? now + (long)Tick.TotalMilliseconds : long.MaxValue;
    }

    private void Tell(Address address)
    {
        foreach (var nic in InterfacesOf(address))
        {
            if (!address.IsIPv6)
            {
                _arp.Send(ArpPacket.Gratuitous(address, nic.Mac, asRequest: true), nic.Index);
                _counters.ToldUnasked(address);
                _arp.Send(ArpPacket.Gratuitous(address, nic.Mac, asRequest: false), nic.Index);
                _counters.ToldUnasked(address);
            }
            else if (nic.LinkLocal is { } own)
            {
                _solicitations.Send(NeighbourPacket.Unsolicited(address, nic.Mac, own), nic.Index);
                _counters.ToldUnasked(address);
            }
        }
    }

    private void AnswerArp()
    {
        Span<byte> frame = stackalloc byte[LongestFrame];
        for (var i = 0; i < FramesInOneTurn && _arp.Receive(frame, out var index) is var length and > 0; i++)
        {
            if (ArpPacket.TryReadRequest(frame[..length], out var asked)
                && InterfaceFor(asked.Target, index) is { } nic
                && (asked.Destination == MacAddress.Broadcast || asked.Destination == nic.Mac))
            {
                _counters.Asked(asked.Target);
                _arp.Send(ArpPacket.Reply(asked, nic.Mac), index);
                _counters.Answered(asked.Target);
            }
        }
    }

    private void AnswerSolicitations()
    {
        Span<byte> frame = stackalloc byte[LongestFrame];
        for (var i = 0; i < FramesInOneTurn && _solicitations.Receive(frame, out var index) is var length and > 0; i++)
        {
            if (NeighbourPacket.TryRead(frame[..length], out var asked) && InterfaceFor(asked.Target, index) is { LinkLocal: { } own } nic)
            {
                _counters.Asked(asked.Target);
                _solicitations.Send(NeighbourPacket.Reply(asked, nic.Mac, own), index);
                _counters.Answered(asked.Target);
            }
        }
    }

    private LocalInterface? InterfaceFor(Address address, int index) => InterfacesOf(address).FirstOrDefault(i => i.Index == index);

    private IEnumerable<LocalInterface> InterfacesOf(Address address) =>
        !_current.Addresses.TryGetValue(address, out var names) ? []
        : names is null ? _interfaces
        : _interfaces.Where(i => names.Value.Contains(i.Name));

    /// <summary>The kernel joins, so that switches which watch over multicast deliver the questions.</summary>
    private void JoinGroups(Address address)
    {
        foreach (var nic in address.IsIPv6 ? InterfacesOf(address) : [])
        {
            var group = NeighbourPacket.GroupOf(address);
            if (_joined.Add((group, nic.Index)))
            {
                SetMembership(SocketOptionName.AddMembership, group, nic.Index);
            }
        }
    }

    private void LeaveGroups()
    {
        var needed = _current.Addresses.Keys.Where(a => a.IsIPv6).Select(NeighbourPacket.GroupOf).ToHashSet();
        foreach (var membership in _joined.Where(j => !needed.Contains(j.Group)).ToList())
        {
            _joined.Remove(membership);
            SetMembership(SocketOptionName.DropMembership, membership.Group, membership.Interface);
        }
    }

    private void SetMembership(SocketOptionName option, Address group, int index)
    {
        try
        {
            _groups.SetSocketOption(SocketOptionLevel.IPv6, option, new IPv6MulticastOption(group.ToIPAddress(), index));
        }
        catch (SocketException)
        {
            // The interface went away, or the kernel has joined the group for an address of its own.
        }
    }
}
