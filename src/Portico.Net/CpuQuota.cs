using System.Globalization;

namespace Portico.Net;

/// <summary>How many cores this process may use: what the machine has, or less where a cgroup limits it.</summary>
public static class CpuQuota
{
    /// <summary>Whole cores, a fractional limit rounded up, at least one.</summary>
    public static int Cores()
    {
        var cores = Environment.ProcessorCount;
        var limit = CgroupLimit("/sys/fs/cgroup");
        return limit is { } l ? Math.Clamp((int)Math.Ceiling(l), 1, cores) : cores;
    }

    /// <summary>The CPU limit of cgroup v2 (<c>cpu.max</c>) or v1 (<c>cpu.cfs_quota_us</c>); null when there is none.</summary>
    internal static double? CgroupLimit(string root)
    {
        var v2 = ReadWords(Path.Combine(root, "cpu.max"));
        if (v2.Length == 2)
        {
            return Ratio(v2[0], v2[1]);
        }

        var quota = ReadWords(Path.Combine(root, "cpu", "cpu.cfs_quota_us"));
        var period = ReadWords(Path.Combine(root, "cpu", "cpu.cfs_period_us"));
        return quota.Length == 1 && period.Length == 1 ? Ratio(quota[0], period[0]) : null;
    }

    private static double? Ratio(string quota, string period) =>
        double.TryParse(quota, CultureInfo.InvariantCulture, out var q) && double.TryParse(period, CultureInfo.InvariantCulture, out var p) && q > 0 && p > 0
            ? q / p
            : null;

    private static string[] ReadWords(string path)
    {
        try
        {
            return File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
