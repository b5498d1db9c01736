using Portico.Install;
using Xunit;

namespace Portico.UnitTests.Install;

public class SetFlagTests
{
    [Theory]
    [InlineData("a=1", "a: 1")]
    [InlineData("a=true,b=x", "a: true\nb: x")]
    [InlineData("a.b.c=null", "a:\n  b:\n    c: null")]
    [InlineData("a={x,2},b=", "a:\n- x\n- 2\nb: \"\"")]
    [InlineData("a={}", "a: []")]
    [InlineData(@"a.b\.c/d=x\,y", "a:\n  b.c/d: x,y")]
    [InlineData("a.b=1,a.c=2", "a:\n  b: 1\n  c: 2")]
    public void Settings_are_read_as_Helm_reads_them(string text, string yaml) => Assert.Equal(yaml, ChartYaml.Write(SetFlag.Parse(text, asText: false)));

    [Fact]
    public void A_text_stays_one_whatever_it_looks_like() => Assert.Equal("a: \"1\"", ChartYaml.Write(SetFlag.Parse("a=1", asText: true)));

    [Theory]
    [InlineData("a", "'a' is not NAME=VALUE")]
    [InlineData("=1", "'=1' is not NAME=VALUE")]
    [InlineData("a=1,a.b=2", "'a.b': a is no map")]
    [InlineData("a[0]=1", "'a[0]': a list is set as a whole, NAME={A,B}")]
    public void What_cannot_be_read_is_told(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => SetFlag.Parse(text, asText: false)).Message);
}
