using System.Text.Json.Nodes;
using Xunit;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>The daemons of FRR in a namespace, with everything that they keep in one folder.</summary>
internal sealed class FrrDaemons : IDisposable
{
    private const string Programs = "/usr/lib/frr";

    private readonly NetworkNamespace _space;
    private readonly string _folder;
    private readonly List<RunningProgram> _daemons = [];

    public FrrDaemons(NetworkNamespace space, string folder)
    {
        (_space, _folder) = (space, folder);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "empty.conf"), "");
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("777", 8));
        Start("zebra");
        Start("bgpd", "-p", "179");
        Start("bfdd", "--bfdctl", Path.Combine(folder, "bfdd.sock"));
    }

    /// <summary>Why there are none; null when there are.</summary>
    public static string? Lacking => NetworkNamespace.Lacking ?? (File.Exists($"{Programs}/bgpd") ? null : "FRR is not installed (Debian's package frr)");

    public string Show(string command) => _space.Execute("vtysh", "--vty_socket", _folder, "-c", command).Output;

    public JsonNode? ShowJson(string command)
    {
        var text = Show(command);
        var start = text.IndexOf('{', StringComparison.Ordinal);
        return start < 0 ? null : JsonNode.Parse(text[start..(text.LastIndexOf('}') + 1)]);
    }

    /// <summary>Adds to the configuration.</summary>
    public void Configure(string text)
    {
        var file = Path.Combine(_folder, "commands");
        File.WriteAllText(file, text);
        var (code, output) = _space.Execute("vtysh", "--vty_socket", _folder, "-f", file);
        Assert.True(code == 0, output);
    }

    public void Dispose()
    {
        foreach (var daemon in _daemons)
        {
            daemon.Crash();
            daemon.Dispose();
        }
    }

    private void Start(string daemon, params string[] more)
    {
        string File(string name) => Path.Combine(_folder, name);
        _daemons.Add(RunningProgram.Other(
            _space,
            [
                $"{Programs}/{daemon}", "--vty_socket", _folder, "-i", File($"{daemon}.pid"), "-z", File("zserv.api"), "-f", File("empty.conf"), "-P", "0",
                "--log", "stdout", .. more,
            ]));
        Until.True(
            () => System.IO.File.Exists(File($"{daemon}.vty")) && _space.Execute("vtysh", "--vty_socket", _folder, "-d", daemon, "-c", "show version").Code == 0,
            () => $"{daemon} does not answer; it said:\n{_daemons[^1].Output}");
    }
}
