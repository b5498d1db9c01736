namespace Portico.Proxy.Observing.Metrics;

/// <summary>How it stands with the API server. Rendered from what the functions say at the moment of the scrape.</summary>
public sealed class SourceMetrics(Func<bool> inContact, Func<long> failures, Func<long> lastContactSeconds)
{
    public static MetricDeclaration InContact { get; } = new(
        "portico_source_in_contact", MetricType.Gauge, "Whether the API server answers; while it does not, what serves goes on serving");

    public static MetricDeclaration Failures { get; } = new(
        "portico_source_failures_total", MetricType.Counter, "Lists and watches of the API server that failed");

    public static MetricDeclaration LastContact { get; } = new(
        "portico_source_last_contact_timestamp_seconds", MetricType.Gauge, "When the API server last answered a list or began a watch");

    public static IReadOnlyList<MetricDeclaration> All { get; } = [InContact, Failures, LastContact];

    /// <summary>On every page of a gateway that watches a cluster.</summary>
    public IEnumerable<MetricFamily> OwnFamilies()
    {
        yield return new MetricFamily(InContact, text => text.Sample(inContact() ? 1 : 0));
        yield return new MetricFamily(Failures, text => text.Sample(failures()));
        yield return new MetricFamily(LastContact, text => text.Sample(lastContactSeconds()));
    }
}
