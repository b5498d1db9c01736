using Portico.Http.FastCgi;
using Portico.Http.Http2;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;
using Portico.Proxy.Compression;
using Portico.Proxy.Grpc;
using Portico.Proxy.Headers;
using Portico.Proxy.Observing;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;
using Portico.Proxy.Serving;
using Portico.Proxy.Spooling;
using Portico.Proxy.Streams;
using Portico.Proxy.Subrequests;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

/// <summary>What the exchanges of one shard share: pools, counters, clocks, free objects. Owned by the shard.</summary>
internal sealed class ShardServices
{
    private static readonly RepeatedMessage UpstreamTlsFailures = new();
    private static readonly RepeatedMessage WrongHandshakes = new();
    private static readonly RepeatedMessage FastCgiErrors = new();

    private readonly Stack<Forwarder> _freeForwarders = new();
    private readonly Stack<RequestContext> _freeContexts = new();
    private readonly Stack<Subrequest> _freeSubrequests = new();
    private readonly HttpDateCache _date = new();
    private readonly Action<Exception> _reportDefect;
    private readonly ErrorLogWriter _errorLog;
    private long _utcReadAtTicks;
    private uint _random;

    public ShardServices(Shard shard, TlsClientContext upstreamTls, TlsClientContext upstreamTlsHttp2, DataPlaneObservers observers, SpoolFolder spool)
    {
        Shard = shard;
        Spool = spool;
        UpstreamTls = new UpstreamTls(upstreamTls, http2: new UpstreamTls(upstreamTlsHttp2));
        _errorLog = observers.ErrorLog;
        Pool = new UpstreamPool(shard);
        Http2Pool = new Http2UpstreamPool(shard);
        Subrequests = new SubrequestPool(shard);
        Metrics = observers.Proxy;
        Counters = observers.Proxy.Counters(shard.Index);
        Answers = observers.Proxy.Answers(shard.Index);
        Http2Defences = observers.Proxy.Http2Defences(shard.Index);
        Recorder = new ExchangeRecorder(this, observers);
        Streams = new StreamRecorder(this, observers);
        _reportDefect = observers.ReportDefect;
        _random = (uint)Random.Shared.Next() | 1;
    }

    public Shard Shard { get; }

    public UpstreamPool Pool { get; }

    public Http2UpstreamPool Http2Pool { get; }

    /// <summary>Kept connections of the gateway's own requests.</summary>
    public SubrequestPool Subrequests { get; }

    /// <summary>How backends are spoken to over TLS: nothing is verified, no server name is sent (ingress-nginx's default).</summary>
    public UpstreamTls UpstreamTls { get; }

    /// <summary>The numbers of all shards, to be read.</summary>
    public ProxyMetrics Metrics { get; }

    public ShardCounters Counters { get; }

    public AnswerCounters Answers { get; }

    public Http2DefenceCounters Http2Defences { get; }

    public ExchangeRecorder Recorder { get; }

    public StreamRecorder Streams { get; }

    public SplicePipes Pipes { get; } = new();

    /// <summary>Made when the first UDP port opens, by the control thread, before the shard hears of the port.</summary>
    public DatagramBatch Datagrams => field ??= new DatagramBatch();

    /// <summary>Where bodies go that are too large for memory.</summary>
    public SpoolFolder Spool { get; }

    public EncoderPool Encoders { get; } = new();

    /// <summary>What a FastCGI application is told, while it is put together.</summary>
    public FastCgiParameters FastCgiParameters => field ??= new FastCgiParameters();

    /// <summary>The frame that ends an answer of gRPC-Web, while it is put together.</summary>
    public GrpcWebTrailers WebTrailers { get; } = new();

    public TextInterner TlsTexts { get; } = new();

    /// <summary>The wall clock of this turn of the shard's loop, <see cref="DateTime.Ticks"/> in UTC.</summary>
    public long UtcTicks
    {
        get
        {
            if (_utcReadAtTicks != Shard.NowTicks)
            {
                _utcReadAtTicks = Shard.NowTicks;
                field = DateTime.UtcNow.Ticks;
            }

            return field;
        }
    }

    /// <summary>The Date header of this moment.</summary>
    public ReadOnlySpan<byte> Date() => _date.At(UtcTicks);

    /// <summary>The next number of a cheap generator (xorshift); good enough to draw endpoints.</summary>
    public uint NextRandom()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }

    /// <summary>Closes the idle connections of endpoints that are gone.</summary>
    public void PrunePools()
    {
        Pool.Prune();
        Http2Pool.Prune();
        Subrequests.Prune();
    }

    /// <summary>A backend that cannot be spoken to over TLS is somebody's mistake, and the 502 does not say whose.</summary>
    public void ReportUpstreamTls(EndpointState endpoint, string? cause) =>
        _errorLog.Write(ErrorLogLevel.Error, UpstreamTlsFailures, $"TLS handshake with the backend {endpoint.Text} failed: {cause ?? "no answer in time"}");

    /// <summary>What an application says on standard error, as nginx logs it.</summary>
    public void ReportFastCgi(EndpointState endpoint, string said) =>
        _errorLog.Write(ErrorLogLevel.Error, FastCgiErrors, $"the FastCGI application {endpoint.Text} says: {said}");

    public void ReportWebSocketHandshake(EndpointState endpoint) =>
        _errorLog.Write(ErrorLogLevel.Error, WrongHandshakes, $"the backend {endpoint.Text} switched to a WebSocket without the right Sec-WebSocket-Accept");

    public void ReportDefect(Exception defect) => _reportDefect(defect);

    public Forwarder RentForwarder() => _freeForwarders.TryPop(out var forwarder) ? forwarder : new Forwarder(this);

    public void Return(Forwarder forwarder) => _freeForwarders.Push(forwarder);

    /// <summary>Copies of requests that are on their way.</summary>
    public int MirrorsUnderWay { get; set; }

    public Subrequest RentSubrequest() => _freeSubrequests.TryPop(out var subrequest) ? subrequest : new Subrequest(this);

    /// <summary>After <see cref="Subrequest.EndAsync"/>.</summary>
    public void Return(Subrequest subrequest) => _freeSubrequests.Push(subrequest);

    public RequestContext RentContext() => _freeContexts.TryPop(out var context) ? context : new RequestContext();

    public void Return(RequestContext context) => _freeContexts.Push(context);
}
