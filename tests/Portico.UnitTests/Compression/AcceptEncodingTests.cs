using System.Text;
using Portico.Proxy.Compression;
using Xunit;

namespace Portico.UnitTests.Compression;

public class AcceptEncodingTests
{
    [Theory]
    [InlineData("gzip", true)]
    [InlineData("GZIP", true)]
    [InlineData("gzip, deflate, br", true)]
    [InlineData("deflate,gzip", true)]
    [InlineData("br;q=1.0, gzip;q=0.8, *;q=0.1", true)]
    [InlineData("gzip ; q=0.001", true)]
    [InlineData("gzip;q=1", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip;q=0.0, br", false)]
    [InlineData("gzip;q=0.000", false)]
    [InlineData("gzip;x=1", false)]
    [InlineData("gzip;q=", false)]
    [InlineData("gzip;q=nonsense", false)]
    [InlineData("x-gzip", false)]
    [InlineData("gzipped", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    [InlineData(",,;,", false)]
    public void Only_a_named_coding_with_a_weight_counts(string header, bool accepted) =>
        Assert.Equal(accepted, AcceptEncoding.Accepts(Encoding.ASCII.GetBytes(header), "gzip"u8));
}
