using System.Text;

namespace Portico.Proxy.Observing.Metrics;

public enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>
/// One metric as its readers know it: name, type, help and the labels that tell its series apart. Declared once, beside the
/// code that fills it; the page, the reference documentation and the tests read the declaration.
/// </summary>
public sealed class MetricDeclaration(string name, MetricType type, string help, params string[] labels)
{
    public string Name { get; } = name;

    public MetricType Type { get; } = type;

    public string Help { get; } = help;

    /// <summary>Without the constant labels of the installation (<see cref="ConstantLabels"/>) and without <c>le</c>.</summary>
    public IReadOnlyList<string> Labels { get; } = labels;

    /// <summary>Whether the series carry controller_namespace, controller_class and controller_pod.</summary>
    public bool HasConstantLabels { get; init; }

    internal byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);

    internal string TypeName => Type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        _ => "histogram",
    };
}
