using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>
/// A client and three nodes on one switch, a pod behind each node; speakers run on the nodes that a scenario names.
/// <code>
/// lan 198.51.100.2 ──┐        ┌── n1 198.51.100.11 ── p1 10.1.1.2
///                    sw ──────┼── n2 198.51.100.12 ── p2 10.1.2.2
///                             └── n3 198.51.100.13 ── p3 10.1.3.2
/// </code>
/// IPv6 beside it: fd00:5::2, fd00:5::11, fd00:1:1::2 and so on. A node's port has the hardware address 02:00:00:00:01:0N.
/// </summary>
public sealed class Segment : Topology
{
    public const string Vip = "198.51.100.200";

    public const string Vip6 = "fd00:5::200";

    private const string LanMac = "02:00:00:00:00:02";

    private readonly Dictionary<string, RunningProgram> _speakers = [];
    private readonly Wire? _wire;
    private int _version;

    public Segment()
    {
        if (NetworkNamespace.Lacking is not null)
        {
            return;
        }

        // FRR's daemons run as a user of their own, and their sockets are in here.
        File.SetUnixFileMode(FileNamed("."), (UnixFileMode)Convert.ToInt32("755", 8));
        Directory.CreateDirectory(FileNamed("manifests"));
        File.WriteAllText(FileNamed("key"), "a key");
        Add("sw").Configure("link add br0 type bridge\nlink set br0 up");
        Add("lan");
        Plug("lan", LanMac, 2);
        for (var i = 1; i <= 3; i++)
        {
            AddNode($"n{i}");
            Plug($"n{i}", MacOf($"n{i}"), 10 + i);
            AddPod($"n{i}", $"p{i}", $"10.1.{i}", $"fd00:1:{i}:");
        }

        foreach (var (from, to) in from f in (string[])["lan", "n1", "n2", "n3"] from t in Enumerable.Range(1, 3) where f != $"n{t}" select (f, t))
        {
            SpaceOf(from).Configure($"route add 10.1.{to}.0/24 via 198.51.100.1{to}\n-6 route add fd00:1:{to}::/64 via fd00:5::1{to}");
        }

        WaitUntilReachable("lan");
        _wire = new Wire(SpaceOf("lan"), "eth0", LanMac, "198.51.100.2");
    }

    internal Wire Wire => _wire!;

    protected override void Dispose(bool disposing)
    {
        StopSpeakers();
        _wire?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>An API server that the client runs, and a kubeconfig of it; whoever starts it ends it. Speakers of another scenario are ended.</summary>
    public async Task<(FakeApiServer Server, string KubeConfig)> StartClusterAsync(string objects)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        Speak("");
        var listener = In("lan", () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("198.51.100.2"), 0));
            socket.Listen();
            return socket;
        });
        var server = await FakeApiServer.StartAsync(new FakeApiServerOptions { Listener = listener });
        foreach (var manifest in objects.Split("---\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            server.Put(manifest);
        }

        await File.WriteAllTextAsync(FileNamed("kubeconfig"), server.KubeConfig());
        return (server, FileNamed("kubeconfig"));
    }

    public static string MacOf(string node) => $"02:00:00:00:01:0{node[1]}";

    /// <summary>Ends the speakers of the scenario before and starts those of this one.</summary>
    public void Speak(string manifests, params string[] nodes)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        StopSpeakers();
        Configure("lan", "neigh flush all");
        Change(manifests);
        foreach (var node in nodes)
        {
            Launch(node);
        }
    }

    public void Launch(string node, string exclude = "") => _speakers[node] = Start(
        node, "loadbalancer", "--announce", "--manifests", FileNamed("manifests"), "--node-name", node, "--exclude-interfaces", exclude,
        "--ml-secret-key-path", FileNamed("key"), "--frr-sockets", FileNamed($"frr-{node}"));

    /// <summary>What a speaker's page says, asked from the client.</summary>
    /// <returns>The value of a series; -1 when there is none.</returns>
    public double Metric(string node, string series) => In("lan", () =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Parse($"198.51.100.1{node[1]}"), 7472);
        socket.Send("GET /metrics HTTP/1.1\r\nHost: n\r\n\r\n"u8);
        using var reader = new StreamReader(new NetworkStream(socket));
        var line = reader.ReadToEnd().Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? -1 : double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    });

    /// <summary>Gives a node another interface on the switch.</summary>
    public void AddInterface(string node, string name, string mac)
    {
        Configure("sw", $"link add {name} type veth peer name {name}0 netns {NameOf(node)}\nlink set {name} master br0\nlink set {name} up");
        Configure(node, $"link set {name}0 name {name}\nlink set {name} address {mac}\nlink set {name} up");
    }

    /// <summary>FRR in a namespace; whoever starts it ends it.</summary>
    internal FrrDaemons StartFrr(string role) => new(SpaceOf(role), FileNamed($"frr-{role}"));

    /// <summary>
    /// What the speakers read becomes this. Each version has an address for each node that only this node announces: who answers for it has
    /// taken the version over, and has read every question before.
    /// </summary>
    public void Change(string manifests)
    {
        _version++;
        var text = manifests + BalancerManifest.Pool("fences", "192.0.2.0/24", "autoAssign: false");
        foreach (var node in (string[])["n1", "n2", "n3"])
        {
            text += BalancerManifest.Service($"fence-{node}", FenceOf(node), labels: $"fence: {node}", more: "selector: {a: b}") + BalancerManifest.Slice($"fence-{node}", "n1 n2 n3")
                + BalancerManifest.L2($"fence-{node}", $"ipAddressPools: [fences], nodeSelectors: [{{matchLabels: {{name: {node}}}}}], serviceSelectors: [{{matchLabels: {{fence: {node}}}}}]");
        }

        File.WriteAllText(FileNamed("new"), text);
        File.Move(FileNamed("new"), Path.Combine(FileNamed("manifests"), "all.yaml"), overwrite: true);
    }

    public void Kill(string node)
    {
        _speakers[node].Crash();
        _speakers.Remove(node);
    }

    public void Stop(string node)
    {
        _speakers[node].Stop();
        _speakers.Remove(node);
    }

    /// <summary>Runs a program to its end, which must be a good one.</summary>
    public string Run(string role, params string[] command)
    {
        var (code, output) = Execute(role, command);
        Assert.True(code == 0, output);
        return output;
    }

    /// <summary>The node's rules carry packets for the Services' address to the pods.</summary>
    public void Deliver(string node, string manifests)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        File.WriteAllText(FileNamed("delivery.yaml"), manifests.Replace("spec: {type: LoadBalancer,", $"status: {{loadBalancer: {{ingress: [{{ip: {Vip}}}]}}}}\nspec: {{type: LoadBalancer, clusterIP: 10.96.0.10,", StringComparison.Ordinal));
        Run(node, RunningProgram.File, "node", "--once", "--manifests", FileNamed("delivery.yaml"), "--node-name", node, "--cluster-cidr", "10.1.0.0/16");
    }

    /// <summary>The nodes that say that they have an address.</summary>
    /// <param name="fenced">The nodes to wait for; none for all speakers.</param>
    public string[] WhoHas(string address, params string[] fenced) => WhoAnswers(() => Wire.Ask(address), address, fenced);

    public string[] WhoAnswers(Action ask, string address, params string[] fenced)
    {
        string[] nodes = fenced.Length > 0 ? fenced : [.. _speakers.Keys];
        AwaitFences(nodes);
        var start = Wire.Count;
        ask();
        AwaitFences(nodes);
        return [.. Wire.Since(start).Where(f => f.Kind is "reply" or "advertisement" && f.Address == address && f.To == LanMac).Select(f => NodeOf(f.Mac)).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The nodes that say that they have an address, where the speakers are not those of the manifests: silence is believed after a second.</summary>
    public string[] WhoAnswersOf(string address)
    {
        var start = Wire.Count;
        Wire.Ask(address);
        var clock = Stopwatch.StartNew();
        string[] nodes;
        do
        {
            Thread.Sleep(10);
            nodes = [.. Wire.Since(start).Where(f => f.Kind == "reply" && f.Address == address && f.To == LanMac).Select(f => NodeOf(f.Mac)).Distinct()];
        }
        while (nodes.Length == 0 && clock.ElapsedMilliseconds < 1000);
        return nodes;
    }

    /// <summary>The node that the client's kernel sends packets for an address to; empty when it knows none.</summary>
    public string NeighbourOf(string address)
    {
        var words = Run("lan", "ip", "neigh", "show", address).Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var at = Array.IndexOf(words, "lladdr");
        return at < 0 ? "" : NodeOf(words[at + 1]);
    }

    /// <summary>What a speaker has said so far.</summary>
    public string Said(string node) => _speakers.TryGetValue(node, out var speaker) ? speaker.Output : "";

    public void Eventually(Func<bool> holds) =>
        Until.True(holds, () => "it does not come about; the speakers say:\n" + string.Join("\n", _speakers.Select(s => $"{s.Key}: {s.Value.Output}")));

    private static string NodeOf(string mac) => mac.StartsWith("02:00:00:00:01:0", StringComparison.Ordinal) ? $"n{mac[^1]}" : mac;

    private string FenceOf(string node) => string.Create(CultureInfo.InvariantCulture, $"192.0.2.{(_version % 60 * 4) + node[1] - '0'}");

    /// <summary>Asks each node for its own address of this version, again and again, until it answers.</summary>
    private void AwaitFences(string[] nodes)
    {
        foreach (var fence in nodes.Select(FenceOf))
        {
            var start = Wire.Count;
            var asked = new Stopwatch();
            Eventually(() =>
            {
                if (!asked.IsRunning || asked.ElapsedMilliseconds > 200)
                {
                    asked.Restart();
                    Wire.Ask(fence);
                }

                return Wire.Since(start).Any(f => f.Kind == "reply" && f.Address == fence && f.To == LanMac);
            });
        }
    }

    private void StopSpeakers()
    {
        foreach (var speaker in _speakers.Values)
        {
            speaker.Crash();
            speaker.Dispose();
        }

        _speakers.Clear();
    }

    private void Plug(string role, string mac, int number)
    {
        SpaceOf("sw").Configure($"link add {role} type veth peer name eth0 netns {NameOf(role)}\nlink set {role} master br0\nlink set {role} up");
        Configure(role, $"""
            link set eth0 address {mac}
            address add 198.51.100.{number}/24 dev eth0
            address add fd00:5::{number}/64 dev eth0
            link set eth0 up
            """);
    }

    internal string NameOf(string role) => SpaceOf(role).Name;
}
