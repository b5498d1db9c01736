using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>A frame of ARP or neighbour discovery that arrived.</summary>
/// <param name="Kind"><c>request</c>, <c>reply</c> or <c>advertisement</c>.</param>
/// <param name="Mac">Where the address is, as the content says.</param>
/// <param name="Flags">Of an advertisement: router, solicited, override.</param>
internal sealed record Frame(string Kind, string From, string To, string Mac, string Address, string Target, byte Flags, TimeSpan Time);

/// <summary>The client's interface as a packet socket: asks by hand, and keeps every word about addresses that others say.</summary>
internal sealed class Wire : IDisposable
{
    public const string Broadcast = "ff:ff:ff:ff:ff:ff";

    private const ushort Arp = 0x0806;
    private const ushort IPv6 = 0x86DD;

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Frame> _frames = [];
    private readonly byte[] _own;
    private readonly byte[] _ownAddress;
    private readonly byte[] _ownLinkLocal;
    private volatile bool _stops;

    public Wire(NetworkNamespace space, string nic, string mac, string address)
    {
        _own = Bytes(mac);
        _ownAddress = IPAddress.Parse(address).GetAddressBytes();
        _ownLinkLocal = IPAddress.Parse($"fe80::{_own[0] ^ 2:x}{_own[1]:x2}:{_own[2]:x2}ff:fe{_own[3]:x2}:{_own[4]:x2}{_own[5]:x2}").GetAddressBytes();
        _socket = space.Run(() =>
        {
            var index = NetworkInterface.GetAllNetworkInterfaces().Single(i => i.Name == nic).GetIPProperties().GetIPv6Properties().Index;
            const short everything = 3 << 8; // ETH_P_ALL in network order
            var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)everything);
            socket.Bind(new LinkEndPoint(index, everything));
            return socket;
        });
        _socket.ReceiveTimeout = 100;
        _thread = new Thread(Read) { IsBackground = true };
        _thread.Start();
    }

    public int Count
    {
        get
        {
            lock (_frames)
            {
                return _frames.Count;
            }
        }
    }

    public IReadOnlyList<Frame> Since(int start)
    {
        lock (_frames)
        {
            return _frames[start..];
        }
    }

    public void Dispose()
    {
        _stops = true;
        _thread.Join();
        _socket.Dispose();
    }

    /// <summary>Asks where an address is.</summary>
    /// <param name="mac">Whom; null for everybody.</param>
    public void Ask(string address, string? mac = null)
    {
        var target = IPAddress.Parse(address).GetAddressBytes();
        _socket.Send(target.Length == 4 ? Request(target, Bytes(mac ?? Broadcast)) : Solicitation(target, withSource: true));
    }

    /// <summary>As a host does that tries whether an address is free.</summary>
    public void AskWithoutSource(string address) => _socket.Send(Solicitation(IPAddress.Parse(address).GetAddressBytes(), withSource: false));

    private byte[] Request(byte[] target, byte[] to) =>
        [.. to, .. _own, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, .. _own, .. _ownAddress, 0, 0, 0, 0, 0, 0, .. target];

    private byte[] Solicitation(byte[] target, bool withSource)
    {
        byte[] group = [0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, .. target[13..]];
        byte[] message = [135, 0, 0, 0, 0, 0, 0, 0, .. target, .. withSource ? [1, 1, .. _own] : Array.Empty<byte>()];
        byte[] pseudo = [.. _ownLinkLocal, .. group, 0, 0, 0, (byte)message.Length, 0, 0, 0, 58, .. message];
        var sum = 0;
        for (var i = 0; i < pseudo.Length; i += 2)
        {
            sum += (pseudo[i] << 8) | pseudo[i + 1];
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)~((sum & 0xFFFF) + (sum >> 16)));
        return [0x33, 0x33, .. group[12..], .. _own, 0x86, 0xDD, 0x60, 0, 0, 0, 0, (byte)message.Length, 58, 255, .. _ownLinkLocal, .. group, .. message];
    }

    private void Read()
    {
        var buffer = new byte[4096];
        while (!_stops)
        {
            int length;
            try
            {
                length = _socket.Receive(buffer);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                continue;
            }

            if (Parse(buffer.AsSpan(0, length)) is { } frame && frame.From != Text(_own))
            {
                lock (_frames)
                {
                    _frames.Add(frame);
                }
            }
        }
    }

    private Frame? Parse(ReadOnlySpan<byte> f)
    {
        var type = f.Length > 14 ? BinaryPrimitives.ReadUInt16BigEndian(f[12..]) : 0;
        if (type == Arp && f.Length >= 42)
        {
            return new Frame(f[21] == 1 ? "request" : "reply", Text(f[6..12]), Text(f[..6]), Text(f[22..28]), Ip(f[28..32]), Ip(f[38..42]), 0, _clock.Elapsed);
        }

        return type == IPv6 && f.Length >= 86 && f[20] == 58 && f[54] == 136
            ? new Frame("advertisement", Text(f[6..12]), Text(f[..6]), Text(f[80..86]), Ip(f[62..78]), Ip(f[38..54]), f[58], _clock.Elapsed)
            : null;
    }

    private static string Ip(ReadOnlySpan<byte> bytes) => new IPAddress(bytes).ToString();

    private static byte[] Bytes(string mac) => Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal));

    private static string Text(ReadOnlySpan<byte> mac) => string.Join(':', mac.ToArray().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary><c>struct sockaddr_ll</c></summary>
    private sealed class LinkEndPoint(int index, short protocol) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            var bytes = new byte[6];
            BitConverter.TryWriteBytes(bytes, protocol);
            BitConverter.TryWriteBytes(bytes.AsSpan(2), index);
            for (var i = 0; i < bytes.Length; i++)
            {
                address[2 + i] = bytes[i];
            }

            return address;
        }
    }
}
