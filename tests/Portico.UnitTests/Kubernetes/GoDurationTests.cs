using FsCheck;
using FsCheck.Fluent;
using Portico.Kubernetes;
using Xunit;

namespace Portico.UnitTests.Kubernetes;

public class GoDurationTests
{
    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("1h0m0.25s", 3_600_250)]
    [InlineData("2000us", 2)]
    [InlineData("2000µs", 2)]
    [InlineData("3000000ns", 3)]
    [InlineData("0", 0)]
    [InlineData("-5s", -5_000)]
    [InlineData("+5s", 5_000)]
    public void Durations_of_Go_are_read(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("1 s")]
    [InlineData("1.s.5")]
    [InlineData("5d")]
    [InlineData("-")]
    [InlineData("1..5s")]
    [InlineData("99999999999999h")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_back()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), milliseconds =>
        {
            var value = TimeSpan.FromMilliseconds(milliseconds);
            return GoDuration.TryParse(GoDuration.Write(value), out var read) && read == value;
        }).QuickCheckThrowOnFailure();
    }
}
