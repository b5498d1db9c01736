using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.ExceptionServices;

namespace Portico.NetworkTests;

/// <summary>
/// A network namespace under a name that no other run has; removed on dispose. A socket belongs to the namespace of the thread that made it,
/// whoever uses it afterwards.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNet = 0x40000000; // CLONE_NEWNET
    private static int _made;

    public NetworkNamespace(string role)
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"portico-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}-{role}");
        Ip($"netns add {Name}");
        Ip($"-n {Name} link set lo up");

        // While an address is on trial for duplicates no neighbour is asked from it: packets would wait for seconds.
        Set("ipv6/conf/all/accept_dad", "0");
        Set("ipv6/conf/default/accept_dad", "0");
    }

    public string Name { get; }

    /// <summary>Why namespaces and rules cannot be made here; null when they can.</summary>
    public static string? Lacking { get; } = FindLacking();

    public void Dispose() => Ip($"netns delete {Name}");

    /// <summary>Runs <c>ip</c> inside, a command a line.</summary>
    public void Configure(string commands)
    {
        foreach (var line in commands.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            Ip($"-n {Name} {line}");
        }
    }

    /// <summary>Sets a value below <c>/proc/sys/net</c>.</summary>
    public void Set(string key, string value) => Run(() =>
    {
        File.WriteAllText($"/proc/sys/net/{key}", value);
        return true;
    });

    /// <summary>Does something on a thread inside; the thread ends with it.</summary>
    public T Run<T>(Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{Name}");
                if (SetNamespace((int)file.DangerousGetHandle(), NewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>Runs a program inside until it ends.</summary>
    /// <returns>Its code and what it said.</returns>
    public (int Code, string Output) Execute(params string[] command) => Execute("ip", ["netns", "exec", Name, .. command]);

    private static string? FindLacking()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "network namespaces need root";
        }

        try
        {
            using var trial = new NetworkNamespace("trial");
            var (code, output) = trial.Execute("nft", "add table inet trial { chain c { type nat hook output priority 0; }; }");
            return code == 0 ? null : $"nft does not work here: {output.Trim()}";
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return $"network namespaces cannot be made here: {e.Message.Trim()}";
        }
    }

    private static void Ip(string arguments)
    {
        var (code, output) = Execute("ip", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (code != 0)
        {
            throw new InvalidOperationException($"ip {arguments}: {output}");
        }
    }

    private static (int Code, string Output) Execute(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + error);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);
}
