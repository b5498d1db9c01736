using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    /// <summary>Passes a 101 on, and leaves the exchange a <see cref="Tunnel"/> that has the backend's connection for its own.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> SwitchProtocolsAsync()
    {
        // Bytes of a body would stand among those of the tunnel: a backend that switches before it had them all is given up here.
        await SettlePumpAsync();
        await _exchange.FinishAsync();
        var upstream = _upstream!;
        var greeting = upstream.TakeTunnelBytes().ToArray();
        _context.EndUpstreamHeaders();
        _exchange.Tunnel = new Tunnel(services, upstream.TakeConnection(), _policy, new RunningAttempt(_backend, upstream.Endpoint, _attemptStartedTicks))
        {
            Greeting = greeting,
            ClientEndsWithMessage = _exchange.Request.Version == HttpVersion.Http2,
        };
        _upstream = null;
        return AnswerReason.None;
    }
}
