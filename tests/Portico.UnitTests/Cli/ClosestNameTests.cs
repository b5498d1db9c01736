using Portico.Flags;
using Xunit;

namespace Portico.UnitTests.Cli;

public class ClosestNameTests
{
    [Theory]
    [InlineData("sevre", "serve")]
    [InlineData("dmo", "demo")]
    [InlineData("versoin", "version")]
    [InlineData("kubernetes", null)]
    public void The_name_with_the_fewest_typing_errors_is_found(string typed, string? expected) =>
        Assert.Equal(expected, ClosestName.Find(typed, ["serve", "demo", "version"]));
}
