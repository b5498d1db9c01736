namespace Portico.Proxy.Observing.Metrics;

/// <summary>Every metric there is. The reference documentation is written from it, and a test holds the page against it.</summary>
public static class MetricCatalog
{
    public static IReadOnlyList<MetricDeclaration> All { get; } =
    [
        .. RequestMetricDeclarations.All,
        .. ProxyMetricDeclarations.All,
        .. ProcessMetricDeclarations.All,
        .. ControllerMetricDeclarations.All,
        .. LogMetrics.All,
        .. SourceMetrics.All,
        .. AdmissionMetrics.All,
    ];
}
