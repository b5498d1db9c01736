using System.Text.Json.Nodes;
using Portico.LoadBalancer.Bgp.Frr;
using Xunit;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Daemons of FRR in a namespace, with everything that they keep in one folder: zebra and bgpd, and what is started beside.</summary>
internal sealed class FrrDaemons : IDisposable
{
    private const string Programs = "/usr/lib/frr";

    private readonly NetworkNamespace _space;
    private readonly string _folder;
    private readonly FrrVty _vty;
    private readonly Dictionary<string, RunningProgram> _daemons = [];

    public FrrDaemons(NetworkNamespace space, string folder)
    {
        (_space, _folder, _vty) = (space, folder, new FrrVty(folder));
        Directory.CreateDirectory(folder);
        File.WriteAllText(FileNamed("empty.conf"), "");
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("777", 8));

        // The others look for zebra once, and then ten seconds later again.
        Start("zebra");
        Start("bgpd");
    }

    /// <summary>Why there are none; null when there are.</summary>
    public static string? Lacking => NetworkNamespace.Lacking ?? (File.Exists($"{Programs}/bgpd") ? null : "FRR is not installed (Debian's package frr)");

    public string Show(string command, string daemon = "bgpd")
    {
        try
        {
            return _vty.ShowAsync(daemon, command, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (FrrException error)
        {
            return error.Message;
        }
    }

    public JsonNode? ShowJson(string command, string daemon = "bgpd")
    {
        var text = Show(command, daemon);
        var start = text.IndexOfAny(['{', '[']);
        return start < 0 ? null : JsonNode.Parse(text[start..(text.LastIndexOfAny(['}', ']']) + 1)]);
    }

    /// <summary>Adds to the configuration, in the way of FRR's own shell.</summary>
    public void Configure(string text)
    {
        File.WriteAllText(FileNamed("commands"), text);
        var (code, output) = _space.Execute("vtysh", "--vty_socket", _folder, "-f", FileNamed("commands"));
        Assert.True(code == 0, output);
    }

    /// <param name="more">Flags.</param>
    public void Start(string daemon, params string[] more)
    {
        string[] own = daemon switch
        {
            "bgpd" => ["-p", "179"],
            "bfdd" => ["--bfdctl", FileNamed("bfdd.sock")],
            _ => [],
        };
        var started = _daemons[daemon] = RunningProgram.Other(
            _space,
            [
                $"{Programs}/{daemon}", "--vty_socket", _folder, "-i", FileNamed($"{daemon}.pid"), "-z", FileNamed("zserv.api"), "-f", FileNamed("empty.conf"), "-P", "0",
                "--log", "stdout", .. own, .. more,
            ]);
        Until.True(() => Show("show version", daemon).Contains("FRRouting", StringComparison.Ordinal), () => $"{daemon} does not answer; it said:\n{started.Output}");
    }

    public void Kill(string daemon)
    {
        _daemons[daemon].Crash();
        _daemons[daemon].Dispose();
        _daemons.Remove(daemon);
    }

    public void Dispose()
    {
        foreach (var daemon in _daemons.Keys.ToList())
        {
            Kill(daemon);
        }
    }

    private string FileNamed(string name) => Path.Combine(_folder, name);
}
