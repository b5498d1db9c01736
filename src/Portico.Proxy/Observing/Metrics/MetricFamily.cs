namespace Portico.Proxy.Observing.Metrics;

/// <summary>A declared metric together with the code that writes its series. Called on the scraper's thread, never on a shard.</summary>
public sealed class MetricFamily
{
    private readonly Func<PrometheusText, CancellationToken, ValueTask> _write;

    public MetricFamily(MetricDeclaration declaration, Func<PrometheusText, CancellationToken, ValueTask> write)
    {
        Declaration = declaration;
        _write = write;
    }

    /// <summary>A family of few series, which needs no flush in between.</summary>
    public MetricFamily(MetricDeclaration declaration, Action<PrometheusText> write)
        : this(declaration, (text, _) =>
        {
            write(text);
            return ValueTask.CompletedTask;
        })
    {
    }

    public MetricDeclaration Declaration { get; }

    public async ValueTask WriteAsync(PrometheusText text, CancellationToken cancellation)
    {
        text.Begin(Declaration);
        await _write(text, cancellation);
        await text.FlushIfNeededAsync(cancellation);
    }
}
