using Portico.Net;
using Portico.Net.Timers;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

/// <summary>The deadline of a gRPC call (<c>grpc-timeout</c>): a call that outlives it is given up towards both sides.</summary>
internal sealed partial class Forwarder
{
    private CallDeadline? _callDeadline;

    /// <summary>The client's own deadline has passed.</summary>
    private bool _deadlinePassed;

    private bool _isGrpc;

    private void BeginCall()
    {
        _deadlinePassed = false;
        BeginGrpcWeb();
        _isGrpc = _webRequest != GrpcWebForm.None || GrpcRequest.IsGrpc(_exchange.Request);
        if (_isGrpc && GrpcRequest.TryGetTimeout(_exchange.Request, out var timeout) && timeout < TimeSpan.FromDays(1))
        {
            _callDeadline ??= new CallDeadline(this);
            services.Shard.Timers.Set(_callDeadline, services.Shard.NowMilliseconds + (long)timeout.TotalMilliseconds);
        }
    }

    private void EndCall()
    {
        if (_callDeadline is { IsSet: true } deadline)
        {
            services.Shard.Timers.Remove(deadline);
        }
    }

    private ValueTask<int> FinishLateCallAsync()
    {
        if (_context.GrpcWeb != GrpcWebForm.None)
        {
            return SendLateWebTrailersAsync();
        }

        _exchange.AddTrailer("grpc-status"u8, GrpcStatus.DeadlineExceeded);
        _exchange.AddTrailer("grpc-message"u8, GrpcStatus.DeadlineExceededMessage);
        return new ValueTask<int>(1);
    }

    private sealed class CallDeadline(Forwarder forwarder) : Deadline
    {
        protected override void OnDue()
        {
            forwarder._deadlinePassed = true;
            forwarder._upstream?.Abort();
            forwarder._pause?.Complete(IoStatus.Canceled);
        }
    }
}
