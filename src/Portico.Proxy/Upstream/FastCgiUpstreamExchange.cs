using Portico.Http.FastCgi;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Upstream;

/// <summary>An exchange with a FastCGI application, on a connection of its own: nginx asks applications to close, too.</summary>
/// <param name="context">The request: an application is told more of it than its headers.</param>
internal sealed class FastCgiUpstreamExchange(ShardServices services, RequestContext context, Connection connection, EndpointState endpoint) : UpstreamExchange
{
    private readonly FastCgiClientConnection _application = new(connection);

    /// <summary>What is put together now; sent before another request of the shard begins.</summary>
    private FastCgiParameters Parameters => services.FastCgiParameters;

    public override EndpointState Endpoint => endpoint;

    public override bool IsReused => false;

    public override bool IsStale => false;

    public override bool NothingTaken => false;

    public override bool AnyByteReceived => _application.AnyByteReceived;

    public override bool MayHaveAnswered => connection.HasInput;

    public override bool TakesTrailers => false;

    public override ResponseHead Response => _application.Response;

    public override HeaderBlock? Trailers => null;

    public override long BodyBytes => _application.BodyBytes;

    public override bool BodyDone => _application.BodyDone;

    public override byte[] Piece => _application.Buffer;

    public override int PieceStart => _application.PieceStart;

    public override void StartRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, UpstreamPolicy policy)
    {
        Parameters.Clear();
        var query = target.IndexOf((byte)'?');
        Parameters.Set("QUERY_STRING"u8, query < 0 ? default : target[(query + 1)..]);
        Parameters.Set("REQUEST_METHOD"u8, method);
    }

    public override void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Parameters.AddHeader(name, value);

    public override ValueTask<int> SendHeadAsync(RequestHead request, long? length, byte[]? body, int count, bool whole, TimeSpan timeout)
    {
        context.Policies.FastCgi!.Write(context, length, Parameters);
        return _application.SendAsync(Parameters, body, count, whole, timeout);
    }

    public override ValueTask<int> WriteBodyAsync(byte[] buffer, int start, int count, TimeSpan timeout) =>
        _application.WriteBodyAsync(buffer, start, count, timeout);

    public override ValueTask<int> FinishRequestAsync(HeaderBlock? trailers, TimeSpan timeout) => _application.FinishRequestAsync(timeout);

    public override ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout) =>
        _application.ReadHeadAsync(toHeadRequest, largestHead, timeout);

    public override ValueTask<int> ReadBodyAsync(TimeSpan timeout) => _application.ReadBodyAsync(timeout);

    public override void LimitPendingRead(TimeSpan timeout) => connection.LimitPendingRead(timeout);

    public override void CancelRead() => connection.CancelRead();

    public override void Abort() => connection.Abort();

    public override void Release(bool requestComplete)
    {
        if (_application.ErrorText is { Length: > 0 } said)
        {
            services.ReportFastCgi(endpoint, said);
        }

        _application.Close();
    }

    // No response of an application is 101.
    public override ReadOnlySpan<byte> TakeTunnelBytes() => default;

    public override Connection TakeConnection() => connection;
}
