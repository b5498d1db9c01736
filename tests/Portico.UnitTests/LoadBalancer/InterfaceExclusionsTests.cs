using Portico.LoadBalancer.Layer2;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public sealed class InterfaceExclusionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("announcedInterfacesToExclude:\n- ^docker\n- \"^eth[0-9]$\"\n", "docker0 eth7")]
    [InlineData("announcedInterfacesToExclude: []\n", "")]
    [InlineData("announcedInterfacesToExclude:\n", "")]
    [InlineData("other: [^docker]\n", "")]
    public void The_list_of_the_file_that_MetalLB_mounts_is_followed(string yaml, string excluded)
    {
        File.WriteAllText(_file, yaml);
        var patterns = InterfaceExclusions.Find(null, _file);

        Assert.Equal(excluded.Split(' ', StringSplitOptions.RemoveEmptyEntries), ((string[])["docker0", "eth7", "eth77", "veth1", "br0"]).Where(n => patterns.Any(p => p.IsMatch(n))));
    }

    [Theory]
    [InlineData("announcedInterfacesToExclude: [\"^a(\"]\n", "^a(")]
    [InlineData("announcedInterfacesToExclude: {a: b}\n", "is no list of patterns")]
    [InlineData("- a\n", "it has no list announcedInterfacesToExclude")]
    [InlineData("a: [\n", "line")]
    public void A_file_that_is_not_what_it_should_be_is_refused_with_its_flag_and_the_cause(string yaml, string cause)
    {
        File.WriteAllText(_file, yaml);
        var refusal = Assert.Throws<FormatException>(() => InterfaceExclusions.Find(null, _file));

        Assert.StartsWith("--exclude-interfaces-file: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(cause, refusal.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => InterfaceExclusions.Find(null, "/nowhere/excludel2.yaml"));
    }

    [Fact]
    public void The_flag_goes_before_the_file_and_without_both_interfaces_of_containers_are_left_out()
    {
        File.WriteAllText(_file, "announcedInterfacesToExclude: [^eth]\n");

        Assert.Empty(InterfaceExclusions.Find("", _file));
        Assert.Equal(["^a", "^b"], InterfaceExclusions.Find("^a, ^b", _file).Select(p => p.ToString()));
        Assert.Contains(InterfaceExclusions.Find(null, null), p => p.IsMatch("veth1234"));
    }
}
