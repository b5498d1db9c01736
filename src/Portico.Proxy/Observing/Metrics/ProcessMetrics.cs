using System.Diagnostics;
using System.Globalization;
using System.IO.Enumeration;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// What the kernel and the runtime say about this process, read when scraped. Under ingress-nginx's names for the proxy
/// (one process here, where nginx has a master and workers), under the customary process_* names, and the garbage
/// collector's numbers under Portico's.
/// </summary>
public sealed class ProcessMetrics
{
    private readonly double _startSeconds;

    public ProcessMetrics()
    {
        using var process = Process.GetCurrentProcess();
        _startSeconds = (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }

    /// <summary>process_* and portico_gc_*; on every page.</summary>
    public IEnumerable<MetricFamily> OwnFamilies()
    {
        yield return new MetricFamily(ProcessMetricDeclarations.Cpu, text => text.Sample(CpuSeconds()));
        yield return new MetricFamily(ProcessMetricDeclarations.ResidentMemory, text => text.Sample(Environment.WorkingSet));
        yield return new MetricFamily(ProcessMetricDeclarations.VirtualMemory, text => text.Sample(VirtualBytes()));
        yield return new MetricFamily(ProcessMetricDeclarations.StartTime, text => text.Sample(_startSeconds));
        yield return new MetricFamily(ProcessMetricDeclarations.OpenFiles, text => text.Sample(CountOpenFiles()));
        yield return new MetricFamily(ProcessMetricDeclarations.MaxFiles, WriteMaxFiles);
        yield return new MetricFamily(ProcessMetricDeclarations.Collections, WriteCollections);
        yield return new MetricFamily(ProcessMetricDeclarations.HeapBytes, text => text.Sample(GC.GetTotalMemory(false)));
        yield return new MetricFamily(ProcessMetricDeclarations.AllocatedBytes, text => text.Sample(GC.GetTotalAllocatedBytes()));
        yield return new MetricFamily(ProcessMetricDeclarations.PauseSeconds, text => text.Sample(GC.GetTotalPauseDuration().TotalSeconds));
    }

    /// <summary>nginx_process_*; only with <c>--enable-metrics</c>.</summary>
    public IEnumerable<MetricFamily> NginxFamilies(ConstantLabels constantLabels)
    {
        yield return Labelled(ProcessMetricDeclarations.NginxProcesses, () => 1);
        yield return Labelled(ProcessMetricDeclarations.NginxCpu, () => CpuSeconds());
        yield return Labelled(ProcessMetricDeclarations.NginxReadBytes, () => ProcNumber("/proc/self/io", "read_bytes:"));
        yield return Labelled(ProcessMetricDeclarations.NginxWriteBytes, () => ProcNumber("/proc/self/io", "write_bytes:"));
        yield return Labelled(ProcessMetricDeclarations.NginxResidentMemory, () => Environment.WorkingSet);
        yield return Labelled(ProcessMetricDeclarations.NginxVirtualMemory, () => VirtualBytes());
        yield return Labelled(ProcessMetricDeclarations.NginxOldestStartTime, () => _startSeconds);

        MetricFamily Labelled(MetricDeclaration declaration, Func<double?> value) => new(declaration, text =>
        {
            if (value() is { } number)
            {
                constantLabels.AppendTo(text.Labels);
                text.Sample(number);
            }
        });
    }

    private static double CpuSeconds() => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static long VirtualBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.VirtualMemorySize64;
    }

    private static int CountOpenFiles()
    {
        // A transform without strings: a busy gateway has very many descriptors.
        try
        {
            return new FileSystemEnumerable<byte>("/proc/self/fd", static (ref _) => 0).Count();
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static void WriteMaxFiles(PrometheusText text)
    {
        if (ProcNumber("/proc/self/limits", "Max open files") is { } limit)
        {
            text.Sample(limit);
        }
    }

    private static void WriteCollections(PrometheusText text)
    {
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            text.Labels.Clear();
            text.Labels.Add("generation"u8, generation.ToString(CultureInfo.InvariantCulture));
            text.Sample(GC.CollectionCount(generation));
        }
    }

    /// <summary>The first number of the line that starts with the given words; null when the kernel does not tell.</summary>
    private static double? ProcNumber(string file, string lineStart)
    {
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.StartsWith(lineStart, StringComparison.Ordinal))
                {
                    var words = line[lineStart.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    return double.TryParse(words[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some container runtimes hide these files; the metric is then missing.
        }

        return null;
    }
}
