using System.Globalization;
using System.Text;

namespace Portico.Probes;

/// <summary>
/// The numbers of a program on a node, and the page that shows them in the text format of Prometheus. Changed a few times a second from
/// several threads, read by scrapes: a lock. Labels are given as they stand between the braces.
/// </summary>
internal sealed class MetricTable
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    public void Count(string name, string help, string labels, double more)
    {
        lock (_gate)
        {
            ValueOf(name, help, "counter", labels, null).Sum += more;
        }
    }

    /// <summary>A counter that somebody else keeps.</summary>
    public void SetCount(string name, string help, string labels, double value)
    {
        lock (_gate)
        {
            ValueOf(name, help, "counter", labels, null).Sum = value;
        }
    }

    public void Gauge(string name, string help, string labels, double value, bool add = false)
    {
        lock (_gate)
        {
            var gauge = ValueOf(name, help, "gauge", labels, null);
            gauge.Sum = add ? gauge.Sum + value : value;
        }
    }

    /// <param name="borders">The upper ends of the buckets, without the last one.</param>
    /// <param name="value">Null to have it on the page before anything was observed.</param>
    public void Histogram(string name, string help, double[] borders, string labels, double? value)
    {
        lock (_gate)
        {
            var histogram = ValueOf(name, help, "histogram", labels, borders);
            if (value is { } observed)
            {
                histogram.Observe(observed);
            }
        }
    }

    /// <summary>What it was about is not there any more.</summary>
    public void Remove(string name, string labels)
    {
        lock (_gate)
        {
            if (_metrics.TryGetValue(name, out var metric) && metric.Values.Remove(labels) && metric.Values.Count == 0)
            {
                _metrics.Remove(name);
            }
        }
    }

    public string Page()
    {
        lock (_gate)
        {
            var text = new StringBuilder();
            foreach (var (name, metric) in _metrics)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {metric.Help}\n# TYPE {name} {metric.Type}\n");
                foreach (var (labels, value) in metric.Values)
                {
                    value.Append(text, name, labels);
                }
            }

            return text.ToString();
        }
    }

    private Value ValueOf(string name, string help, string type, string labels, double[]? borders)
    {
        if (!_metrics.TryGetValue(name, out var metric))
        {
            _metrics[name] = metric = new Metric(help, type, new SortedDictionary<string, Value>(StringComparer.Ordinal));
        }

        if (!metric.Values.TryGetValue(labels, out var value))
        {
            metric.Values[labels] = value = new Value(borders);
        }

        return value;
    }

    private sealed record Metric(string Help, string Type, SortedDictionary<string, Value> Values);

    /// <summary>A number, or a histogram when it has borders.</summary>
    private sealed class Value(double[]? borders)
    {
        private readonly long[] _below = new long[(borders?.Length ?? 0) + 1];

        public double Sum { get; set; }

        public void Observe(double value)
        {
            Sum += value;
            var place = Array.FindIndex(borders!, border => value <= border);
            _below[place < 0 ? ^1 : place]++;
        }

        public void Append(StringBuilder text, string name, string labels)
        {
            if (borders is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {Sum}\n");
                return;
            }

            var count = 0L;
            for (var i = 0; i <= borders.Length; i++)
            {
                count += _below[i];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{(i < borders.Length ? borders[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"}} {count}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {Sum}\n{name}_count{{{labels}}} {count}\n");
        }
    }
}
