using System.Text;
using Portico.Http.Messages;
using Xunit;

namespace Portico.UnitTests.Http;

public class KnownHeadersTests
{
    [Fact]
    public void Every_known_name_is_found_in_either_case()
    {
        foreach (var id in Enum.GetValues<HeaderId>().Where(id => id != HeaderId.Other))
        {
            var name = KnownHeaders.NameOf(id);
            Assert.Equal(id, KnownHeaders.Find(Encoding.ASCII.GetBytes(name)));
            Assert.Equal(id, KnownHeaders.Find(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
            Assert.Equal(id, KnownHeaders.Find(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("X")]
    [InlineData("Hostt")]
    [InlineData("X-Request-IX")]
    [InlineData("An-Extremely-Long-Header-Name-That-Nobody-Knows")]
    public void Other_names_are_other(string name) => Assert.Equal(HeaderId.Other, KnownHeaders.Find(Encoding.ASCII.GetBytes(name)));
}
