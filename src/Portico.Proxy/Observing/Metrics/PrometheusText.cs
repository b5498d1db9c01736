using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4, as a stream: each line goes straight into the pipe, and the writer
/// waits for a slow reader instead of collecting the page. One scrape owns one instance.
/// </summary>
public sealed class PrometheusText(PipeWriter output)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int FlushThresholdBytes = 32 * 1024;
    private const int MaxNumberLength = 32;

    private MetricDeclaration? _family;
    private bool _headerPending;
    private int _unflushedBytes;

    /// <summary>A place to render the labels of the next sample.</summary>
    public LabelBuffer Labels { get; } = new();

    /// <summary>Starts a family. Its HELP and TYPE lines follow with the first sample: a family without samples is not on the page.</summary>
    public void Begin(MetricDeclaration family)
    {
        _family = family;
        _headerPending = true;
        Labels.Clear();
    }

    /// <summary>Writes a sample with the labels in <see cref="Labels"/>.</summary>
    public void Sample(long value)
    {
        Span<byte> number = stackalloc byte[MaxNumberLength];
        Utf8Formatter.TryFormat(value, number, out var length);
        Line(default, default, number[..length]);
    }

    public void Sample(double value)
    {
        Span<byte> number = stackalloc byte[MaxNumberLength];
        Line(default, default, number[..GoFloat.Format(value, number)]);
    }

    /// <summary>Writes the lines of a histogram with the labels in <see cref="Labels"/>.</summary>
    /// <param name="borders">The text of each border, the last one <c>+Inf</c>.</param>
    /// <param name="counts">Observations per bucket, not cumulative.</param>
    public void Histogram(ReadOnlySpan<byte[]> borders, ReadOnlySpan<long> counts, double sum)
    {
        Span<byte> number = stackalloc byte[MaxNumberLength];
        var total = 0L;
        var length = 0;
        for (var i = 0; i < borders.Length; i++)
        {
            total += counts[i];
            Utf8Formatter.TryFormat(total, number, out length);
            Line("_bucket"u8, borders[i], number[..length]);
        }

        Span<byte> sumText = stackalloc byte[MaxNumberLength];
        Line("_sum"u8, default, sumText[..GoFloat.Format(sum, sumText)]);
        Line("_count"u8, default, number[..length]);
    }

    /// <summary>Hands over what has been written once it is a good piece; to be awaited between the series of a long family.</summary>
    public ValueTask FlushIfNeededAsync(CancellationToken cancellation) =>
        _unflushedBytes < FlushThresholdBytes ? ValueTask.CompletedTask : FlushAsync(cancellation);

    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        _unflushedBytes = 0;
        var result = await output.FlushAsync(cancellation);
        if (result.IsCompleted)
        {
            // Nobody reads any more; there is no point in rendering the rest.
            throw new OperationCanceledException("The reader of the metrics page has gone.");
        }
    }

    private void Line(ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> border, ReadOnlySpan<byte> value)
    {
        if (_headerPending)
        {
            Header();
        }

        var name = _family!.NameUtf8;
        var labels = Labels.Written;
        // Braces, comma, le="", blank, line end.
        var span = output.GetSpan(name.Length + suffix.Length + labels.Length + border.Length + value.Length + 16);
        var at = Append(span, 0, name);
        at = Append(span, at, suffix);
        if (labels.Length > 0 || border.Length > 0)
        {
            span[at++] = (byte)'{';
            at = Append(span, at, labels);
            if (border.Length > 0)
            {
                at = Append(span, at, labels.Length > 0 ? ",le=\""u8 : "le=\""u8);
                at = Append(span, at, border);
                span[at++] = (byte)'"';
            }

            span[at++] = (byte)'}';
        }

        span[at++] = (byte)' ';
        at = Append(span, at, value);
        span[at++] = (byte)'\n';
        output.Advance(at);
        _unflushedBytes += at;
    }

    private static int Append(Span<byte> line, int at, ReadOnlySpan<byte> part)
    {
        part.CopyTo(line[at..]);
        return at + part.Length;
    }

    private void Header()
    {
        _headerPending = false;
        var help = _family!.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        var text = $"# HELP {_family.Name} {help}\n# TYPE {_family.Name} {_family.TypeName}\n";
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        var written = Encoding.UTF8.GetBytes(text, span);
        output.Advance(written);
        _unflushedBytes += written;
    }
}
