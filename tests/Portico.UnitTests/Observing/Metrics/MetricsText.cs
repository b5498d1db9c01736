using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Portico.Proxy.Observing.Metrics;

namespace Portico.UnitTests.Observing.Metrics;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public string this[string label] => Labels[label];
}

/// <summary>A second reader of the Prometheus text format, strict and slow: what the page says as a scraper understands it.</summary>
internal sealed class MetricsText
{
    private MetricsText(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                Types.Add(words[2], words[3]);
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Samples.Add(ReadSample(line));
            }
        }
    }

    public string Text { get; }

    public Dictionary<string, string> Types { get; } = [];

    public List<Sample> Samples { get; } = [];

    public static async Task<MetricsText> OfAsync(IEnumerable<MetricFamily> families)
    {
        using var page = new MemoryStream();
        var pipe = PipeWriter.Create(page);
        await new MetricsPage(families).WriteAsync(pipe, CancellationToken.None);
        await pipe.CompleteAsync();
        return new MetricsText(new UTF8Encoding(false, true).GetString(page.ToArray()));
    }

    public static Task<MetricsText> OfAsync(RequestMetrics metrics) => OfAsync(new RequestMetricsPage(metrics, ConstantLabels.None).Families);

    public IEnumerable<Sample> All(string name) => Samples.Where(s => s.Name == name);

    public Sample One(string name) => All(name).Single();

    private static Sample ReadSample(string line)
    {
        var at = line.IndexOfAny(['{', ' ']);
        var name = line[..at];
        var labels = new Dictionary<string, string>();
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                ReadLabel(line, ref at, labels);
            }

            at++;
        }

        var number = line[(at + 1)..];
        return new Sample(name, labels, number switch
        {
            "+Inf" => double.PositiveInfinity,
            _ => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
    }

    private static void ReadLabel(string line, ref int at, Dictionary<string, string> labels)
    {
        var equals = line.IndexOf('=', at);
        var name = line[at..equals];
        var value = new StringBuilder();
        for (at = equals + 2; line[at] != '"'; at++)
        {
            if (line[at] != '\\')
            {
                value.Append(line[at]);
                continue;
            }

            at++;
            value.Append(line[at] switch
            {
                'n' => '\n',
                '"' => '"',
                '\\' => '\\',
                _ => throw new FormatException(line),
            });
        }

        labels.Add(name, value.ToString());
        at += line[at + 1] == ',' ? 2 : 1;
    }
}
