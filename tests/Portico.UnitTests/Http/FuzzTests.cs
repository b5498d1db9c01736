using Portico.Fuzz;
using Xunit;

namespace Portico.UnitTests.Http;

/// <summary>The fuzz targets over their seeds and a bounded number of mutations, always the same ones.</summary>
public class FuzzTests
{
    private const int Seed = 20260721;

    [Theory]
    [InlineData("request", 20_000)]
    [InlineData("response", 20_000)]
    [InlineData("chunked", 20_000)]
    [InlineData("path", 20_000)]
    [InlineData("host", 20_000)]
    [InlineData("manifest", 3_000)]
    [InlineData("proxy-header", 5_000)]
    [InlineData("client-hello", 3_000)]
    [InlineData("http2-server", 500)]
    [InlineData("http2-client", 500)]
    [InlineData("fastcgi", 20_000)]
    public void Nothing_that_strangers_send_is_read_wrongly(string name, int executions)
    {
        var target = FuzzTarget.All.Single(t => t.Name == name);
        var seeds = FuzzRun.SeedsOf(target);
        Assert.NotEmpty(seeds);
        var finding = new FuzzRun(target, seeds, Seed).Run(run => run.Executions >= executions);
        Assert.True(finding is null, $"{finding?.Problem}\ninput: {Convert.ToHexStringLower(finding?.Input ?? [])}");
    }

    [Fact]
    public void Every_folder_of_seeds_has_its_target() => Assert.Equal(
        FuzzTarget.All.Select(target => target.Name).Order(),
        Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "seeds")).Select(folder => Path.GetFileName(folder)!).Order());

    [Fact]
    public void A_fault_is_found_and_cut_down_to_what_it_needs()
    {
        var finding = new FuzzRun(new Faulty(), ["abcd"u8.ToArray(), "hello world"u8.ToArray()], Seed).Run(run => run.Executions > 100_000);
        Assert.Equal("<>"u8, finding!.Input);
    }

    private sealed class Faulty : FuzzTarget
    {
        public override string Name => "faulty";

        public override IReadOnlyList<string> Words { get; } = ["<", ">", "x"];

        public override FuzzVerdict Check(byte[] input)
        {
            var open = input.AsSpan().IndexOf((byte)'<');
            return open >= 0 && input.AsSpan(open).Contains((byte)'>') ? throw new FormatException("a fault") : FuzzVerdict.Fine("");
        }
    }
}
