using System.Globalization;

namespace Portico.TestKit.Processes;

/// <summary>A page in the Prometheus text format.</summary>
public sealed class MetricsPage
{
    private readonly List<(string Series, double Value)> _samples = [];

    public static MetricsPage Parse(string text)
    {
        var page = new MetricsPage();
        foreach (var line in text.Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            var space = line.LastIndexOf(' ');
            page._samples.Add((line[..space], double.Parse(line.AsSpan(space + 1), NumberStyles.Float, CultureInfo.InvariantCulture)));
        }
        return page;
    }

    /// <summary>The sum over all series of this name that carry these labels, each written <c>state="active"</c>.</summary>
    public double Sum(string name, params string[] labels) =>
        _samples
            .Where(s => (s.Series == name || s.Series.StartsWith(name + "{", StringComparison.Ordinal)) && labels.All(l => s.Series.Contains(l, StringComparison.Ordinal)))
            .Sum(s => s.Value);

    public bool Has(string name) => _samples.Any(s => s.Series == name || s.Series.StartsWith(name + "{", StringComparison.Ordinal));
}
