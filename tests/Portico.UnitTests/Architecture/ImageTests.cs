using System.Text.RegularExpressions;
using Portico.UnitTests.Docs;
using Xunit;

namespace Portico.UnitTests.Architecture;

public partial class ImageTests
{
    /// <summary>In every image of the runtime.</summary>
    private static readonly string[] OfTheRuntime = ["libssl.so.3", "libcrypto.so.3"];

    private static readonly Dictionary<string, string> Packages = new()
    {
        ["libnghttp2.so.14"] = "libnghttp2-14",
        ["libcrypt.so.1"] = "libcrypt1",
        ["libz.so.1"] = "zlib1g",
        ["libnftables.so.1"] = "libnftables1",
    };

    [Fact]
    public async Task The_Dockerfile_brings_every_library_that_the_sources_name()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var dockerfile = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Dockerfile"), cancellation);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            named.UnionWith(Library().Matches(await File.ReadAllTextAsync(file, cancellation)).Select(match => match.Groups[1].Value));
        }

        Assert.Contains("libnghttp2.so.14", named);
        Assert.All(named.Except(OfTheRuntime), library => Assert.Contains(Packages[library], dockerfile, StringComparison.Ordinal));
    }

    [GeneratedRegex("\"(lib[a-z0-9+]+\\.so\\.[0-9]+)\"")]
    private static partial Regex Library();
}
