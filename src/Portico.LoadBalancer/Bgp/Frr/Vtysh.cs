using System.ComponentModel;
using System.Diagnostics;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>FRR did not do what it was told, or is not there.</summary>
internal sealed class FrrException(string message) : Exception(message);

/// <summary>How FRR is spoken to.</summary>
internal interface IFrr
{
    /// <exception cref="FrrException">FRR does not answer.</exception>
    Task<string> ShowAsync(string command, CancellationToken stop);

    /// <exception cref="FrrException">A command was refused; the others were done.</exception>
    Task ApplyAsync(IReadOnlyList<string> commands, CancellationToken stop);
}

/// <summary>FRR's own shell: a process for a question or for all commands of a change.</summary>
/// <param name="socketFolder">Where the daemons have their sockets; empty for FRR's default.</param>
internal sealed class Vtysh(string socketFolder) : IFrr
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public Task<string> ShowAsync(string command, CancellationToken stop) => RunAsync(["-c", command], stop);

    public async Task ApplyAsync(IReadOnlyList<string> commands, CancellationToken stop)
    {
        // A new file that only we can read: passwords are in it.
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(file, commands, stop).ConfigureAwait(false);
            await RunAsync(["-f", file], stop).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task<string> RunAsync(string[] arguments, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        string[] where = socketFolder.Length > 0 ? ["--vty_socket", socketFolder] : [];
        using var process = new Process { StartInfo = new ProcessStartInfo("vtysh", [.. where, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            throw new FrrException($"vtysh cannot be run: {error.Message}; install FRR (Debian's package frr)");
        }

        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var (said, complained) = (await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? said : throw new FrrException(Complaint(complained + "\n" + said, process.ExitCode));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new FrrException("vtysh does not end; FRR's daemons may hang");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>The lines that complain, without what FRR repeats of a command that holds a password.</summary>
    private static string Complaint(string text, int code)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.Contains("vtysh.conf", StringComparison.Ordinal)).Take(3)
            .Select(l => l.IndexOf(" password ", StringComparison.Ordinal) is var at and >= 0 ? l[..at] + " password …" : l);
        var said = string.Join("; ", lines);
        return said.Length > 0 ? said : FormattableString.Invariant($"vtysh ended with {code}");
    }
}
