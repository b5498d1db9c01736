using Portico.Install;
using Portico.Install.GoTemplate;
using Xunit;

namespace Portico.UnitTests.Install;

/// <summary>The language of templates; what real charts need of it is compared with Go's own in <see cref="ChartAgainstGoTests"/>.</summary>
public class TemplateEngineTests
{
    [Theory]
    [InlineData("a {{- \" b\" -}} c", "a bc")]
    [InlineData("a{{/* said to readers */}}b", "ab")]
    [InlineData("{{ .name }}:{{ .missing }}:{{ .number }}:{{ .flag }}", "shop::80:true")]
    [InlineData("{{ .inner.name | quote }}", "\"x\"")]
    [InlineData("{{ if and .name (not .flag) }}a{{ else if eq .number 80 }}b{{ else }}c{{ end }}", "b")]
    [InlineData("{{ with .missing }}a{{ else }}b{{ end }}", "b")]
    [InlineData("{{ range .list }}<{{ . }}>{{ else }}none{{ end }}", "<1><2>")]
    [InlineData("{{ range $i, $v := .list }}{{ $i }}={{ $v }} {{ end }}", "0=1 1=2 ")]
    [InlineData("{{ range $k, $v := .inner }}{{ $k }}={{ $v }} {{ $.name }}{{ end }}", "name=x shop")]
    [InlineData("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2")]
    [InlineData("{{ define \"t\" }}[{{ .name }}]{{ end }}{{ include \"t\" .inner | nindent 2 }}", "\n  [x]")]
    [InlineData("{{ printf \"%s-%d %q\" .name .number .name | trunc 7 | trimSuffix \"-\" }}", "shop-80")]
    [InlineData("{{ toYaml .inner }}", "name: x")]
    [InlineData("{{ default \"a\" .missing }}{{ ternary \"y\" \"n\" .flag }}{{ has 2 .list }}{{ index .inner \"name\" }}", "aytruex")]
    [InlineData("{{ or .missing .name }}{{ gt (int \"3\") 2 }}{{ join \",\" (prepend .list 0) }}", "shoptrue0,1,2")]
    [InlineData("{{ `}}` }}", "}}")]
    public void A_template_gives_what_Go_gives(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("x\n{{ nope .name }}", "t:2: there is no function 'nope'")]
    [InlineData("{{ .name.more }}", "t:1: .more is asked of 'shop', which has no fields")]
    [InlineData("{{ $y }}", "t:1: there is no variable $y")]
    [InlineData("{{ if .name }}", "t:1: a block has no end")]
    [InlineData("{{ end }}", "t:1: 'end' without a block")]
    [InlineData("{{ .name", "t:1: the action has no end")]
    [InlineData("{{ fail \"no\" }}", "t:1: no")]
    [InlineData("{{ required \"say it\" .missing }}", "t:1: say it")]
    [InlineData("{{ include \"u\" . }}", "t:1: there is no template \"u\"")]
    [InlineData("{{ define \"t\" }}{{ include \"t\" . }}{{ end }}{{ include \"t\" . }}", "t:1: the template \"t\" includes itself")]
    [InlineData("{{ quote }}{{ default 1 }}", "t:1: 'default' has too few arguments")]
    public void What_is_wrong_is_told_with_file_and_line(string template, string expected) =>
        Assert.Equal(expected, Assert.Throws<TemplateException>(() => Render(template)).Message);

    private static string Render(string template)
    {
        var engine = new TemplateEngine();
        return engine.Render("t", engine.Read("t", template), ChartYaml.ReadMap("{name: shop, number: 80, flag: true, list: [1, 2], inner: {name: x}}", "values"));
    }
}
