using Portico.Net;
using Xunit;

namespace Portico.UnitTests.Net;

public sealed class CpuQuotaTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("portico-cgroup-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("150000 100000\n", 1.5)]
    [InlineData("400000 100000", 4.0)]
    [InlineData("50000 100000\n", 0.5)]
    [InlineData("max 100000\n", null)]
    [InlineData("0 100000\n", null)]
    [InlineData("-1 100000\n", null)]
    [InlineData("100000 0\n", null)]
    [InlineData("100000\n", null)]
    [InlineData("a b\n", null)]
    [InlineData("", null)]
    public void Version_2_says_quota_and_period_in_one_file(string text, double? cores)
    {
        Write("cpu.max", text);
        Assert.Equal(cores, CpuQuota.CgroupLimit(_root.FullName));
    }

    [Theory]
    [InlineData("200000\n", "100000\n", 2.0)]
    [InlineData("-1\n", "100000\n", null)]
    [InlineData("200000\n", null, null)]
    [InlineData(null, "100000\n", null)]
    public void Version_1_says_them_in_two_files(string? quota, string? period, double? cores)
    {
        Write("cpu/cpu.cfs_quota_us", quota);
        Write("cpu/cpu.cfs_period_us", period);
        Assert.Equal(cores, CpuQuota.CgroupLimit(_root.FullName));
    }

    [Fact]
    public void Without_a_cgroup_there_is_no_limit() => Assert.Null(CpuQuota.CgroupLimit(Path.Combine(_root.FullName, "missing")));

    [Fact]
    public void There_is_at_least_one_core_and_no_more_than_the_machine_has() => Assert.InRange(CpuQuota.Cores(), 1, Environment.ProcessorCount);

    private void Write(string path, string? text)
    {
        if (text is not null)
        {
            var file = new FileInfo(Path.Combine(_root.FullName, path));
            file.Directory!.Create();
            File.WriteAllText(file.FullName, text);
        }
    }
}
