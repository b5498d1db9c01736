using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portico.Model;

namespace Portico.Proxy.Balancing;

/// <summary>
/// One address and port with everything that outlives a snapshot. Shared by all backends that hold the endpoint and by all shards;
/// made and retired by the <see cref="BackendRegistry"/>. Pools hang their connections on the object itself.
/// </summary>
public sealed class EndpointState
{
    private const int Inet = 2;
    private const int Inet6 = 10;

    private readonly byte[] _sockAddr;
    private readonly byte[] _text;
    private EwmaScore _latency = new();
    private volatile bool _removed;

    private EndpointState(string text, byte[] sockAddr)
    {
        Text = text;
        _text = Encoding.ASCII.GetBytes(text);
        _sockAddr = sockAddr;
    }

    /// <summary>The argument of connect(2): a sockaddr_in or sockaddr_in6 of Linux.</summary>
    public ReadOnlySpan<byte> SockAddr => _sockAddr;

    /// <summary>AF_INET or AF_INET6, the first argument of socket(2).</summary>
    public int AddressFamily => _sockAddr.Length == 16 ? Inet : Inet6;

    /// <summary><c>1.2.3.4:80</c> or <c>[::1]:80</c>.</summary>
    public string Text { get; }

    public ReadOnlySpan<byte> TextBytes => _text;

    /// <summary>The same, to be kept across awaits; not to be changed.</summary>
    internal byte[] SharedText => _text;

    /// <summary><see cref="SockAddr"/>, to be kept across awaits; not to be changed.</summary>
    internal byte[] SharedSockAddr => _sockAddr;

    /// <summary>No backend holds the endpoint any more: its idle connections are closed and none is kept. Never taken back.</summary>
    public bool Removed => _removed;

    /// <summary>The latency score in seconds as it counts now (<c>$balancer_ewma_score</c>).</summary>
    public double EwmaScoreAt(long nowMilliseconds) => _latency.DecayedAt(nowMilliseconds);

    internal bool HasEwmaScore => _latency.IsSet;

    internal double StoredEwmaScore => _latency.Stored;

    /// <summary>Takes in how long connecting and answering took together.</summary>
    public void ReportLatency(TimeSpan roundTrip, long nowMilliseconds) => _latency.Report(roundTrip.TotalSeconds, nowMilliseconds);

    public override string ToString() => Text;

    internal void StartWithScore(double score, long nowMilliseconds) => _latency.Set(score, nowMilliseconds);

    internal void MarkRemoved() => _removed = true;

    /// <summary>The identity of an endpoint, or null when its address is no IP literal in its usual form or its port no port.</summary>
    internal static string? TextOf(Endpoint endpoint)
    {
        if (endpoint.Port is < 0 or > ushort.MaxValue || endpoint.Address.Contains('%') || !IPAddress.TryParse(endpoint.Address, out var ip))
        {
            return null;
        }

        // 010.0.0.1 and 10.1 mean different things to different parsers.
        return ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{ip}]:{endpoint.Port}"
            : ip.ToString() == endpoint.Address ? $"{ip}:{endpoint.Port}"
            : null;
    }

    /// <param name="text">What <see cref="TextOf"/> gave for the endpoint.</param>
    internal static EndpointState Create(string text, Endpoint endpoint)
    {
        var ip = IPAddress.Parse(endpoint.Address);
        var v6 = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        var sockAddr = new byte[v6 ? 28 : 16];
        BitConverter.TryWriteBytes(sockAddr, (ushort)(v6 ? Inet6 : Inet));
        BinaryPrimitives.WriteUInt16BigEndian(sockAddr.AsSpan(2), (ushort)endpoint.Port);
        // sockaddr_in6 has the flow label between port and address.
        ip.TryWriteBytes(sockAddr.AsSpan(v6 ? 8 : 4), out _);
        return new EndpointState(text, sockAddr);
    }
}
