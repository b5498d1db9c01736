using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Portico.NetworkTests;

/// <summary>
/// Namespaces by their role and what connections between them meet. Whoever builds one on it ends its construction with
/// <see cref="WaitUntilReachable"/>. Answers may take their time on a busy machine; only where silence is the answer a short wait decides.
/// </summary>
public abstract class Topology : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, NetworkNamespace> _spaces = [];
    private readonly List<(Pod Pod, string Role, string Address4, string Address6)> _pods = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-network-").FullName;

    private int _lastPort = 10_000;

    /// <summary>A file that goes with the topology.</summary>
    public string FileNamed(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _pods.ForEach(p => p.Pod.Dispose());
        foreach (var space in _spaces.Values)
        {
            space.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    public (int Code, string Output) Execute(string role, params string[] command) => _spaces[role].Execute(command);

    /// <summary>Starts the built program inside a namespace; whoever starts it ends it.</summary>
    public RunningProgram Start(string role, params string[] arguments) => new(_spaces[role], arguments);

    /// <summary>The same of a program of somebody else's.</summary>
    public RunningProgram StartOther(string role, params string[] command) => RunningProgram.Other(_spaces[role], command);

    /// <summary>Starts any program inside a namespace, to be told what to do on its standard input; it ends with that.</summary>
    public Process Begin(string role, params string[] command)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", _spaces[role].Name, .. command]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["HOME"] = _folder;
        return Process.Start(start)!;
    }

    /// <summary>What a new connection meets: pod and the address that it sees; <c>rejected</c>; <c>dropped</c> when it meets nothing at all.</summary>
    public string Tcp(string from, string address, int port) => Tcp(from, address, port, Patience);

    /// <summary>The same of a connection whose first packet leaves now, however long it takes to be answered.</summary>
    public async Task<string> TcpFromNowOn(string from, string address, int port)
    {
        using var socket = SocketIn(from, address, SocketType.Stream, ProtocolType.Tcp);
        return await ConnectAsync(socket, address, port, Patience) ?? Answer(socket, Patience);
    }

    /// <summary>
    /// The same where silence is expected, which is believed after a second. The way from there to the pods is tried first, so that the silence is
    /// no other one.
    /// </summary>
    public string TcpForASecond(string from, string address, int port)
    {
        var pod = _pods.First(p => p.Role != from);
        Assert.StartsWith(pod.Role, Tcp(from, IPAddress.Parse(address).AddressFamily == AddressFamily.InterNetwork ? pod.Address4 : pod.Address6, Pod.Port), StringComparison.Ordinal);
        return Tcp(from, address, port, Silent);
    }

    /// <summary>
    /// The different answers of connections, or of datagrams from new sockets: as many as it takes until the wanted ones have come, and enough
    /// to see others come as well.
    /// </summary>
    public string[] Seen(string from, string address, int port, IReadOnlyCollection<string> wanted, bool udp = false)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var tries = 0; tries < 8 || (tries < 300 && !seen.IsSupersetOf(wanted)); tries++)
        {
            seen.Add(udp ? Udp(from, address, port) : Tcp(from, address, port));
        }

        return [.. seen];
    }

    /// <summary>How often each answer came to as many connections, one after the other.</summary>
    public Dictionary<string, int> Counted(string from, string address, int port, int connections) => In(from, () =>
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < connections; i++)
        {
            using var socket = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            var answer = Connect(socket, address, port, Patience) ?? Answer(socket, Patience);
            counts[answer] = counts.GetValueOrDefault(answer) + 1;
        }

        return counts;
    });

    /// <summary>What several new connections meet where all are to meet silence, which is believed after a second.</summary>
    public string[] Silence(params (string From, string Address, int Port)[] connections)
    {
        foreach (var from in connections.Select(c => c.From).Distinct())
        {
            var pod = _pods.First(p => p.Role != from);
            Assert.StartsWith(pod.Role, Tcp(from, pod.Address4, Pod.Port), StringComparison.Ordinal);
        }

        // Each waits on a thread of its own, so that all wait for the same second.
        var answers = new string[connections.Length];
        var threads = connections.Select((c, i) => new Thread(() => answers[i] = Tcp(c.From, c.Address, c.Port, Silent))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return answers;
    }

    /// <summary>Runs <c>ip</c> in a namespace, a command a line.</summary>
    public void Configure(string role, string commands) => _spaces[role].Configure(commands);

    /// <summary>Sets a value below <c>/proc/sys/net</c>.</summary>
    public void Set(string role, string key, string value) => _spaces[role].Set(key, value);

    /// <summary>Does something on a thread in a namespace, such as making a socket.</summary>
    public T In<T>(string role, Func<T> work) => _spaces[role].Run(work);

    /// <summary>A server as pods have it in any namespace, under the name of its role; it goes with its disposal.</summary>
    internal Pod ServeIn(string role) => new(role, _spaces[role]);

    /// <summary>The answers of many connections, each different one once.</summary>
    public string[] Many(string from, string address, int port, int count = 40) =>
        [.. Enumerable.Range(0, count).Select(_ => Tcp(from, address, port)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What a datagram of a new socket meets.</summary>
    public string Udp(string from, string address, int port)
    {
        using var socket = UdpSocket(from, address, port);
        return Again(socket);
    }

    /// <summary>
    /// A socket whose datagrams all come from one port, which no other has had: the kernel remembers a flow, its endpoint and what was masqueraded of it,
    /// longer than its socket.
    /// </summary>
    public Socket UdpSocket(string from, string address, int port)
    {
        var socket = SocketIn(from, address, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, NextPort()));
        socket.Connect(IPAddress.Parse(address), port);
        return socket;
    }

    /// <summary>The whole answer to a GET; <c>rejected</c> when nobody listens.</summary>
    /// <param name="headers">More lines, each with its end.</param>
    public string Http(string from, string address, int port, string path, string headers = "")
    {
        using var socket = SocketIn(from, address, SocketType.Stream, ProtocolType.Tcp);
        if (Connect(socket, address, port, Patience) is { } failure)
        {
            return failure;
        }

        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        try
        {
            socket.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: node\r\n{headers}\r\n"));
            using var answer = new MemoryStream();
            var buffer = new byte[8192];
            while (socket.Receive(buffer) is var read and > 0)
            {
                answer.Write(buffer, 0, read);
            }

            return Encoding.UTF8.GetString(answer.ToArray());
        }
        catch (SocketException e)
        {
            // The port closed between the connection and the question.
            return e.SocketErrorCode.ToString();
        }
    }

    /// <summary>A port that no client has had, below those that the kernel hands out.</summary>
    public int NextPort() => Interlocked.Increment(ref _lastPort);

    /// <summary>A connection that stays open, past its first answer.</summary>
    public Socket Open(string from, string address, int port)
    {
        var socket = SocketIn(from, address, SocketType.Stream, ProtocolType.Tcp);
        var failure = Connect(socket, address, port, Patience);
        Assert.Null(failure);
        Assert.NotEqual("dropped", Answer(socket, Patience));
        return socket;
    }

    /// <summary>Asks once more and returns the answer.</summary>
    public static string Again(Socket open) => Again(open, Patience);

    /// <summary>The same where a datagram may get lost, because its flow is forgotten while the answer is on its way.</summary>
    public static string AgainForAMoment(Socket open) => Again(open, TimeSpan.FromMilliseconds(200));

    private static string Again(Socket open, TimeSpan patience)
    {
        try
        {
            open.Send("?"u8);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.ConnectionRefused)
        {
            // What the output hook refuses fails in the sender's own call.
            return "rejected";
        }

        return Answer(open, patience);
    }

    /// <summary>Adds a namespace.</summary>
    private protected NetworkNamespace Add(string role) => _spaces[role] = new NetworkNamespace(role);

    private protected NetworkNamespace SpaceOf(string role) => _spaces[role];

    /// <summary>A node passes packets on, and answers as many errors as there are occasions.</summary>
    private protected NetworkNamespace AddNode(string role)
    {
        var node = Add(role);
        node.Set("ipv4/ip_forward", "1");
        node.Set("ipv6/conf/all/forwarding", "1");
        node.Set("ipv4/icmp_ratelimit", "0");
        node.Set("ipv6/icmp/ratelimit", "0");
        return node;
    }

    /// <summary>A new namespace behind a node.</summary>
    private protected void Link(string node, string role, string v4, string v6)
    {
        Add(role);
        Connect(node, role, v4, v6);
    }

    /// <summary>A pair of interfaces between a node (address 1) and another namespace (address 2), which sends everything to the node.</summary>
    private protected void Connect(string node, string role, string v4, string v6)
    {
        var space = SpaceOf(role);
        SpaceOf(node).Configure($"""
            link add {role} type veth peer name eth0 netns {space.Name}
            address add {v4}.1/24 dev {role}
            address add {v6}:1/64 dev {role}
            link set {role} up
            """);
        space.Configure($"""
            address add {v4}.2/24 dev eth0
            address add {v6}:2/64 dev eth0
            link set eth0 up
            route add default via {v4}.1
            -6 route add default via {v6}:1
            """);
    }

    /// <summary>A namespace with a server that answers with its role.</summary>
    private protected void AddPod(string node, string role, string v4, string v6)
    {
        Link(node, role, v4, v6);
        _pods.Add((new Pod(role, SpaceOf(role)), role, $"{v4}.2", $"{v6}:2"));
    }

    /// <summary>Interfaces that are up do not carry packets yet: links are announced later, neighbours are not known.</summary>
    private protected void WaitUntilReachable(params string[] from)
    {
        foreach (var client in from)
        {
            foreach (var (_, role, v4, v6) in _pods)
            {
                foreach (var address in (string[])[v4, v6])
                {
                    var answer = "";
                    for (var tries = 0; tries < 10 && !answer.StartsWith(role, StringComparison.Ordinal); tries++)
                    {
                        answer = Tcp(client, address, Pod.Port);
                    }

                    Assert.True(answer.StartsWith(role, StringComparison.Ordinal), $"{client} does not reach {role} on {address}: {answer}");
                }
            }
        }
    }

    private string Tcp(string from, string address, int port, TimeSpan limit)
    {
        using var socket = SocketIn(from, address, SocketType.Stream, ProtocolType.Tcp);
        return Connect(socket, address, port, limit) ?? Answer(socket, limit);
    }

    private static string? Connect(Socket socket, string address, int port, TimeSpan atMost) => ConnectAsync(socket, address, port, atMost).GetAwaiter().GetResult();

    private static async Task<string?> ConnectAsync(Socket socket, string address, int port, TimeSpan atMost)
    {
        using var limit = new CancellationTokenSource(atMost);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            return "dropped";
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? "rejected" : e.SocketErrorCode.ToString();
        }
    }

    private static string Answer(Socket socket, TimeSpan limit)
    {
        var buffer = new byte[100];
        socket.ReceiveTimeout = (int)limit.TotalMilliseconds;
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

    private Socket SocketIn(string role, string address, SocketType type, ProtocolType protocol)
    {
        var family = IPAddress.Parse(address).AddressFamily;
        return _spaces[role].Run(() => new Socket(family, type, protocol));
    }
}
