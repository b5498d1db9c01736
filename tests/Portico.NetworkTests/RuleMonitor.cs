using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Portico.NetworkTests;

/// <summary>What the kernel tells of changes of a node's rules, by <c>nft monitor</c>, from its construction on.</summary>
internal sealed class RuleMonitor : IDisposable
{
    private readonly OneNode _net;
    private readonly Process _monitor;
    private readonly StringBuilder _output = new();
    private int _marks;

    public RuleMonitor(OneNode net)
    {
        _net = net;
        _monitor = net.Begin("node", "nft", "monitor");
        _monitor.OutputDataReceived += (_, line) =>
        {
            lock (_output)
            {
                _output.AppendLine(line.Data);
            }
        };
        _monitor.BeginOutputReadLine();

        // It listens when it has heard something.
        Until.True(() => Mark() is var mark && Said().Contains(mark, StringComparison.Ordinal), () => "nft monitor says nothing");
        Forget();
    }

    public void Dispose()
    {
        _monitor.Kill();
        _monitor.WaitForExit();
        _monitor.Dispose();
    }

    /// <summary>The lines about our tables since the last time.</summary>
    public string[] Lines() => [.. Hear().Where(l => l.Contains(" portico ", StringComparison.Ordinal))];

    /// <summary>How many transactions there were since the last time that were not made by <c>nft</c>.</summary>
    public int Transactions() => Hear().Count(l => l.StartsWith("# new generation", StringComparison.Ordinal) && !l.EndsWith("(nft)", StringComparison.Ordinal));

    private string[] Hear()
    {
        var mark = Mark();
        Until.True(() => Said().Contains(mark, StringComparison.Ordinal), () => $"nft monitor has not come to {mark}; it said:\n{Said()}");
        var lines = Said().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Forget();
        return lines;
    }

    /// <summary>Changes something that nobody has, which is heard after everything before.</summary>
    private string Mark()
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $"mark{++_marks}");
        _net.Nft("add", "table", "ip", mark);
        _net.Nft("delete", "table", "ip", mark);
        return $"delete table ip {mark}";
    }

    private string Said()
    {
        lock (_output)
        {
            return _output.ToString();
        }
    }

    private void Forget()
    {
        lock (_output)
        {
            _output.Clear();
        }
    }
}
