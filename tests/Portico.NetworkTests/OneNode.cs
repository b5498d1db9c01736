using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Portico.NetworkTests;

/// <summary>
/// A node, a client outside and three pods, each in a namespace, and the program that keeps the node's rules.
/// <code>
/// cli 203.0.113.2 ──┐                     ┌── p1 10.1.1.2
///                   ├── node 192.0.2.1 ───┼── p2 10.1.2.2
///   uplink ─────────┘                     └── p3 10.1.3.2
/// </code>
/// IPv6 beside it: fd00:c::2, fd00:2::1, fd00:1:1::2 and so on.
/// </summary>
public sealed class OneNode : IDisposable
{
    private readonly Dictionary<string, NetworkNamespace> _spaces = [];
    private readonly List<Pod> _pods = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-network-").FullName;

    public OneNode()
    {
        if (NetworkNamespace.Lacking is not null)
        {
            return;
        }

        foreach (var role in (string[])["node", "net", "cli", "p1", "p2", "p3"])
        {
            _spaces[role] = new NetworkNamespace(role);
        }

        Link("net", "192.0.2", "fd00:2:");
        Link("cli", "203.0.113", "fd00:c:");
        for (var i = 1; i <= 3; i++)
        {
            Link($"p{i}", $"10.1.{i}", $"fd00:1:{i}:");
            _pods.Add(new Pod($"p{i}", _spaces[$"p{i}"], 8080, 9090));
        }

        Node.Configure("route add default via 192.0.2.2\n-6 route add default via fd00:2::2");
        Node.Set("ipv4/ip_forward", "1");
        Node.Set("ipv6/conf/all/forwarding", "1");
        Node.Set("ipv4/icmp_ratelimit", "0");
        Node.Set("ipv6/icmp/ratelimit", "0");
    }

    private NetworkNamespace Node => _spaces["node"];

    public void Dispose()
    {
        _pods.ForEach(p => p.Dispose());
        foreach (var space in _spaces.Values)
        {
            space.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The rules become what the manifests say, from whatever they were.</summary>
    public void Apply(string manifests, params string[] flags)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        var file = Path.Combine(_folder, "all.yaml");
        File.WriteAllText(file, manifests);
        string[] given =
        [
            "node", "--once", "--manifests", file, "--node-name", "node",
            "--service-cidr", "10.96.0.0/16,fd00:96::/112", .. flags.Contains("--cluster-cidr") ? [] : (string[])["--cluster-cidr", "10.1.0.0/16,fd00:1::/32"], .. flags,
        ];
        var (code, output) = Program(given);
        Assert.True(code == 0, output);
    }

    public (int Code, string Output) Program(params string[] arguments) => Node.Execute([Path.Combine(AppContext.BaseDirectory, "portico"), .. arguments]);

    public (int Code, string Output) Nft(params string[] arguments) => Node.Execute(["nft", .. arguments]);

    /// <summary>What a new connection meets: pod and the address that it sees; <c>rejected</c> (at once), or <c>dropped</c> (nothing within a second).</summary>
    public string Tcp(string from, string address, int port)
    {
        using var socket = Connected(from, address, port, out var failure);
        return failure ?? Ask(socket);
    }

    /// <summary>The answers of many connections, each different one once.</summary>
    public string[] Many(string from, string address, int port, int count = 40) =>
        [.. Enumerable.Range(0, count).Select(_ => Tcp(from, address, port)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The same for a datagram of a new socket.</summary>
    public string Udp(string from, string address, int port)
    {
        using var socket = Socket(from, address, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Parse(address), port);
        try
        {
            socket.Send("?"u8);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            // What the output hook refuses fails in the sender's own call.
            return "rejected";
        }

        return Answer(socket);
    }

    /// <summary>A connection that stays open, past its first answer.</summary>
    public Socket Open(string from, string address, int port)
    {
        var socket = Connected(from, address, port, out var failure);
        Assert.Null(failure);
        Ask(socket);
        return socket;
    }

    public static string Again(Socket open)
    {
        open.Send("?"u8);
        return Answer(open);
    }

    private Socket Connected(string from, string address, int port, out string? failure)
    {
        var socket = Socket(from, address, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token).AsTask().GetAwaiter().GetResult();
            failure = null;
        }
        catch (OperationCanceledException)
        {
            failure = "dropped";
        }
        catch (SocketException e)
        {
            failure = e.SocketErrorCode == SocketError.ConnectionRefused ? "rejected" : e.SocketErrorCode.ToString();
        }

        return socket;
    }

    private static string Ask(Socket socket) => Answer(socket);

    private static string Answer(Socket socket)
    {
        var buffer = new byte[100];
        socket.ReceiveTimeout = 1000;
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer)).TrimEnd();
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "rejected",
                SocketError.TimedOut or SocketError.WouldBlock => "dropped",
                var other => other.ToString(),
            };
        }
    }

    private Socket Socket(string from, string address, SocketType type, ProtocolType protocol)
    {
        var family = IPAddress.Parse(address).AddressFamily;
        return _spaces[from].Run(() => new Socket(family, type, protocol));
    }

    /// <summary>A pair of interfaces between the node (address 1) and another namespace (address 2), which sends everything to the node.</summary>
    private void Link(string role, string v4, string v6)
    {
        Node.Configure($"""
            link add {role} type veth peer name eth0 netns {_spaces[role].Name}
            address add {v4}.1/24 dev {role}
            address add {v6}:1/64 dev {role} nodad
            link set {role} up
            """);
        _spaces[role].Configure($"""
            address add {v4}.2/24 dev eth0
            address add {v6}:2/64 dev eth0 nodad
            link set eth0 up
            route add default via {v4}.1
            -6 route add default via {v6}:1
            """);
    }
}
