using Portico.PeerTests.Programs;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;

namespace Portico.PeerTests.Node;

/// <summary>Programs of <c>tests/peers/node</c>, run by Node.js with the packages that <c>./test</c> installed.</summary>
internal static class NodeProgram
{
    private static readonly string Packages = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../peers/node/node_modules"));

    public static PeerProgram Start(string script, params IEnumerable<string> arguments) =>
        PeerProgram.Start("env", ["NODE_PATH=" + Packages, "node", Path.Combine(AppContext.BaseDirectory, "node", script), .. arguments]);

    /// <summary>Starts a server on a port of its own, which its script is given first; returns when it listens.</summary>
    public static async Task<(PeerProgram Program, int Port)> StartServerAsync(string script, params IEnumerable<string> arguments)
    {
        var port = FreePorts.Next();
        var program = Start(script, [port.ToString(System.Globalization.CultureInfo.InvariantCulture), .. arguments]);
        await IsSaidAsync(program, "ready");
        return (program, port);
    }

    /// <summary>Waits until the program has said this, and shows what it said instead when it ends before.</summary>
    public static Task IsSaidAsync(PeerProgram program, string line) => Eventually.TrueAsync(
        () => program.Output.Contains(line, StringComparison.Ordinal)
            || (program.HasExited ? throw new InvalidOperationException($"Node.js ended before it said '{line}':\n{program.Output}") : false),
        $"Node.js says '{line}'; so far:\n{program.Output}",
        TimeSpan.FromMinutes(2));
}
