using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Portico.Kubernetes.Native;

namespace Portico.LoadBalancer.Liveness;

/// <summary>
/// Speakers tell each other by UDP that they live, so that an address moves within two seconds after its node is gone. A thread of its own,
/// which nothing else of the program can hold up; who lives is one reference that others read.
/// </summary>
internal sealed unsafe class Heartbeats : IDisposable
{
    /// <summary>MetalLB's port of the same purpose.</summary>
    public const int DefaultPort = 7946;

    private const int WordsInOneTurn = 256;

    private volatile byte[] _key;
    private readonly string _self;
    private readonly int _port;
    private readonly Membership _membership;
    private readonly Action<string> _log;
    private readonly Socket _socket;
    private readonly int _wake = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
    private readonly Thread _thread;
    private volatile ImmutableDictionary<string, ImmutableArray<IPAddress>>? _nodes;
    private ImmutableDictionary<string, ImmutableArray<IPAddress>> _taken = ImmutableDictionary<string, ImmutableArray<IPAddress>>.Empty;
    private volatile ImmutableHashSet<string>? _alive;
    private volatile bool _stops;

    /// <exception cref="SocketException">The port is taken.</exception>
    public Heartbeats(string self, string secret, int port, Action<string> log)
    {
        _self = self;
        _key = Derive(secret);
        _port = port;
        _log = log;
        _membership = new Membership(self, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1);
        _socket = Socket.OSSupportsIPv6
            ? new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true, Blocking = false }
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        _socket.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        _thread = new Thread(Run) { Name = "heartbeats", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Somebody came or went. Raised on the thread of the heartbeats.</summary>
    public event Action? Changed;

    /// <summary>Null while it is too early to say.</summary>
    public ImmutableHashSet<string>? Alive => _alive;

    /// <summary>The nodes of the cluster and where they are. Any thread.</summary>
    public void SetNodes(ImmutableDictionary<string, ImmutableArray<IPAddress>> nodes)
    {
        _nodes = nodes;
        Wake();
    }

    /// <summary>From now on words are sealed with this one, and others are not understood. Any thread.</summary>
    public void SetKey(string secret) => _key = Derive(secret);

    /// <summary>Says good-bye, so that others take over at once.</summary>
    public void Dispose()
    {
        _stops = true;
        Wake();
        _thread.Join();
        _socket.Dispose();
        Libc.close(_wake);
    }

    /// <summary>A text of whatever length.</summary>
    private static byte[] Derive(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private void Wake()
    {
        ulong one = 1;
        Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    private void Run()
    {
        var fds = stackalloc Libc.PollFd[2];
        fds[0] = new Libc.PollFd { Fd = (int)_socket.Handle, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
        var next = Environment.TickCount64;
        while (!_stops)
        {
            Libc.poll(fds, 2, (int)Math.Clamp(next - Environment.TickCount64, 0, (long)Membership.Interval.TotalMilliseconds));
            ulong woken;
            Libc.read(_wake, (byte*)&woken, sizeof(ulong));
            var changed = TakeNodes();

            // What waits in the socket is heard before anybody is called silent: it may be this process that was held up.
            changed |= Listen();
            var now = Environment.TickCount64;
            if (now >= next)
            {
                next = now + (long)Membership.Interval.TotalMilliseconds;
                SayToAll(leaves: false);
            }

            if (_membership.Pass(now) || changed)
            {
                Publish();
            }
        }

        SayToAll(leaves: true);
    }

    private bool TakeNodes()
    {
        if (_nodes is not { } nodes || ReferenceEquals(nodes, _taken))
        {
            return false;
        }

        _taken = nodes;
        return _membership.SetPeers(nodes.Keys.ToHashSet(StringComparer.Ordinal), Environment.TickCount64);
    }

    private bool Listen()
    {
        var changed = false;
        Span<byte> buffer = stackalloc byte[HeartbeatPacket.LongestPacket];
        for (var i = 0; i < WordsInOneTurn && TryReceive(buffer, out var length); i++)
        {
            if (!HeartbeatPacket.TryRead(buffer[..length], _key, out var beat))
            {
                continue;
            }

            var heard = _membership.Hear(beat, Environment.TickCount64);
            changed |= heard.AliveChanged;
            if (heard.AnswerAtOnce)
            {
                SayTo(beat.Node, leaves: false);
            }
        }

        return changed;
    }

    private bool TryReceive(Span<byte> buffer, out int length)
    {
        length = _socket.Receive(buffer, SocketFlags.None, out var error);
        return error == SocketError.Success;
    }

    private void SayToAll(bool leaves)
    {
        foreach (var node in _taken.Keys)
        {
            SayTo(node, leaves);
        }
    }

    private void SayTo(string node, bool leaves)
    {
        foreach (var address in node != _self && _taken.TryGetValue(node, out var addresses) ? addresses : [])
        {
            try
            {
                var to = _socket.AddressFamily == AddressFamily.InterNetworkV6 ? address.MapToIPv6() : address;
                _socket.SendTo(HeartbeatPacket.Write(_membership.WordTo(node, leaves), _key), new IPEndPoint(to, _port));
            }
            catch (SocketException)
            {
                // No way to that address now; silence says the rest.
            }
        }
    }

    private void Publish()
    {
        var (before, now) = (_alive, _membership.Alive);
        _alive = now;
        foreach (var gone in before?.Except(now ?? []) ?? [])
        {
            _log($"the speaker of node {gone} is silent or has left");
        }

        foreach (var here in now?.Except(before ?? []).Remove(_self) ?? [])
        {
            _log($"the speaker of node {here} is there");
        }

        Changed?.Invoke();
    }
}
