using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;

namespace Portico.TestKit.Processes;

/// <summary>
/// The built program, started as users start it: <c>portico serve</c> on a folder of manifests, with ports of its own.
/// Started instances are ready (readyz answers 200) and are killed on dispose.
/// The program is the one beside this test (same configuration) unless PORTICO_PROGRAM names another.
/// </summary>
public sealed partial class PorticoProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly HttpClient Admin = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Limits.Step };

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _home;

    private PorticoProcess(PorticoOptions options)
    {
        _home = Directory.CreateTempSubdirectory("portico-test-").FullName;
        var folder = options.Folder ?? Directory.CreateDirectory(Path.Combine(_home, "manifests")).FullName;
        Manifests = new ManifestFolder(folder, _home);
        HttpEndPoint = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        HttpsEndPoint = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        AdminEndPoint = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        WriteFiles(options);
        _process = new Process { StartInfo = StartInfo(options, folder) };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public IPEndPoint HttpEndPoint { get; }

    public IPEndPoint HttpsEndPoint { get; }

    public IPEndPoint AdminEndPoint { get; }

    public ManifestFolder Manifests { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output and standard error so far, in the order they came.</summary>
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

    /// <summary>Resident memory now, bytes.</summary>
    public long ResidentBytes => StatusKilobytes("VmRSS:") * 1024;

    /// <summary>The highest resident memory so far, bytes.</summary>
    public long PeakResidentBytes => StatusKilobytes("VmHWM:") * 1024;

    public int OpenFileCount => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    public static async Task<PorticoProcess> StartAsync(PorticoOptions options)
    {
        var process = new PorticoProcess(options);
        try
        {
            process._process.Start();
            process._process.BeginOutputReadLine();
            process._process.BeginErrorReadLine();
            await process.WaitUntilReadyAsync();
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        try
        {
            await Eventually.TrueAsync(
                async () => _process.HasExited
                    ? throw new InvalidOperationException($"the program ended with {_process.ExitCode} before it was ready:\n{Output}")
                    : await StatusOfAsync("/readyz") == 200,
                "the program is ready");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; its output:\n{Output}");
        }
    }

    /// <summary>The status of an admin page; 0 when nobody answers.</summary>
    public async Task<int> StatusOfAsync(string path)
    {
        try
        {
            using var response = await Admin.GetAsync(AdminUri(path));
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    public Task<string> ReadAdminPageAsync(string path) => Admin.GetStringAsync(AdminUri(path));

    public async Task<MetricsPage> ReadMetricsAsync() => MetricsPage.Parse(await ReadAdminPageAsync("/metrics"));

    public Task<RawClient> ConnectAsync(IPAddress? from = null, int receiveBuffer = 0) => RawClient.ConnectAsync(HttpEndPoint, from, receiveBuffer);

    public Task<RawClient> ConnectTlsAsync(string sni, TestCertificate? certificate, params string[] alpn) =>
        RawClient.ConnectTlsAsync(HttpsEndPoint, sni, certificate: certificate?.WithKey(), alpn: alpn);

    public Task<RawClient> ConnectTlsAsync(string sni, params string[] alpn) => RawClient.ConnectTlsAsync(HttpsEndPoint, sni, alpn: alpn);

    /// <summary>Sends SIGTERM and returns at once.</summary>
    public void Terminate()
    {
        if (Kill(Id, SigTerm) != 0)
        {
            throw new InvalidOperationException($"process {Id} could not be told to end");
        }
    }

    /// <summary>The exit code, once the program has ended by itself.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? within = null)
    {
        await _process.WaitForExitAsync().Within("the program ends", within);
        return _process.ExitCode;
    }

    public Task<int> StopAsync(TimeSpan? within = null)
    {
        Terminate();
        return WaitForExitAsync(within);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }
        _process.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>The built program.</summary>
    public static string BinaryPath()
    {
        if (Environment.GetEnvironmentVariable("PORTICO_PROGRAM") is { Length: > 0 } named)
        {
            return named;
        }
        // artifacts/bin/<test project>/<configuration>/ -> artifacts/bin/Portico/<configuration>/portico
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.FullName, "Portico", here.Name, "portico");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private void WriteFiles(PorticoOptions options)
    {
        if (options.WithIngressClass)
        {
            Manifests.WriteFile("ingressclass.yaml", Manifest.IngressClass);
        }
        if (options.ConfigMap is not null)
        {
            Manifests.WriteFile("configmap.yaml", Manifest.ConfigMap("portico", options.ConfigMap));
        }
        foreach (var (name, documents) in options.Files)
        {
            Manifests.WriteFile(name, documents);
        }
    }

    private ProcessStartInfo StartInfo(PorticoOptions options, string folder)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _home };
        var command = new List<string>();
        if (options.OpenFiles is { } limit)
        {
            command.AddRange(["prlimit", string.Create(CultureInfo.InvariantCulture, $"--nofile={limit}:{limit}")]);
        }
        command.AddRange([BinaryPath(), "serve", "--healthz-host", "127.0.0.1"]);
        command.AddRange(options.BindAddress is null ? [] : ["--bind-address", options.BindAddress]);
        command.AddRange(options.KubeConfig is null ? ["--manifests", folder] : ["--kubeconfig", KubeConfigFile(options.KubeConfig)]);
        command.AddRange(["--http-port", Number(HttpEndPoint), "--https-port", Number(HttpsEndPoint), "--healthz-port", Number(AdminEndPoint)]);
        if (options.ConfigMap is not null)
        {
            command.AddRange(["--configmap", "default/portico"]);
        }
        command.AddRange(options.Arguments);
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }
        start.FileName = command[0];
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }
        return start;
    }

    private string KubeConfigFile(string text)
    {
        var path = Path.Combine(_home, "kubeconfig");
        File.WriteAllText(path, text);
        return path;
    }

    private static string Number(IPEndPoint end) => end.Port.ToString(CultureInfo.InvariantCulture);

    private Uri AdminUri(string path) => new($"http://{AdminEndPoint}{path}");

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }

    private long StatusKilobytes(string key)
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(key.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }
}
