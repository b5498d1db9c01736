using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Portico.NetworkTests;

/// <summary>A program, mostly the built one, while it runs in a namespace. Disposing ends it, gently first.</summary>
public sealed partial class RunningProgram : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    internal RunningProgram(NetworkNamespace space, params string[] arguments)
        : this(space.Name, [File, .. arguments])
    {
    }

    private RunningProgram(string space, string[] command)
    {
        // "ip netns exec" becomes the program, so the process id is the program's.
        _process = new Process { StartInfo = new ProcessStartInfo("ip", ["netns", "exec", space, .. command]) { RedirectStandardError = true, RedirectStandardOutput = true } };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A program of somebody else's.</summary>
    internal static RunningProgram Other(NetworkNamespace space, params string[] command) => new(space.Name, command);

    /// <summary>The program that is tested.</summary>
    public static string File { get; } = Path.Combine(AppContext.BaseDirectory, "portico");

    /// <summary>What it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Waits until it has said something, as often as asked.</summary>
    public void WaitFor(string text, int times = 1) =>
        Until.True(() => Output.Split(text).Length > times, () => $"'{text}' was not said; it said:\n{Output}", Patience);

    /// <summary>Ends it as an orchestrator would.</summary>
    /// <returns>Its exit code.</returns>
    public int Stop()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Terminate);
        }

        return WaitForExit();
    }

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>Its exit code.</returns>
    public int WaitForExit() => _process.WaitForExit(Patience) ? _process.ExitCode : throw new TimeoutException($"it does not end; it said:\n{Output}");

    /// <summary>Ends it as a crash would.</summary>
    public void Crash()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        try
        {
            Stop();
        }
        catch (TimeoutException)
        {
            Crash();
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
