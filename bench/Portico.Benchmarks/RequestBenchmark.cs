using BenchmarkDotNet.Attributes;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;

namespace Portico.Benchmarks;

/// <summary>The steps of a request between the parsers: route, headers for the backend, log line, metrics. Must allocate nothing.</summary>
[MemoryDiagnoser]
public class RequestBenchmark : IHeaderWriter
{
    private readonly BrowserRequest _sample = new();
    private readonly BufferPool _buffers = new();
    private readonly AccessLogFormat _format = AccessLogFormat.Compile(Model.AccessLogSettings.DefaultFormat, Model.LogEscape.Default);
    private readonly ByteBuilder _line = new();
    private OutputBuffer _output;

    [Benchmark]
    public bool FindRoute()
    {
        Span<byte> scratch = stackalloc byte[256];
        var context = _sample.Context;
        return HostNames.TryNormalize(_sample.Head.Authority, scratch, out var host)
            && context.NormalizePath()
            && _sample.Table.Listeners[0].Find(host)?.Match(context.NormalizedPath, _sample.Head) is not null;
    }

    [Benchmark]
    public int WriteUpstreamHeaders()
    {
        _output.Open(_buffers);
        _output.Clear();
        _sample.Context.Settings.RequestHeaders.Write(_sample.Context, this);
        return _output.Count;
    }

    [Benchmark]
    public int FormatLogLine()
    {
        _line.Clear();
        _format.Append(_sample.Context, _line);
        return _line.Length;
    }

    [Benchmark]
    public void RecordMetrics()
    {
        var measurement = new RequestMeasurement
        {
            RequestMicroseconds = 1200,
            ResponseMicroseconds = 1100,
            HeaderMicroseconds = 1000,
            ConnectMicroseconds = 0,
            RequestBytes = 800,
            ResponseBytes = 300,
        };
        var method = MethodLabel.Of(_sample.Head.Method, _sample.Head.MethodToken);
        _sample.Metrics.Shard(0).Record(_sample.Context.Route!.Metrics, "host-500.example.com"u8, method, 200, [], in measurement);
    }

    void IHeaderWriter.Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _output.AppendHeader(name, value);
}
