using Portico.Net;
using Portico.Net.Sockets;
using Portico.Net.Timers;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// The end of what a client sends through a tunnel, told to the backend a little later. Browsers put END_STREAM on the frame that carries
/// the WebSocket's close message, and servers that see the connection's end beside that message give up before they answer it, so that
/// the browser reports an abnormal closure (1006). A backend that ends by itself meanwhile is spared the notice. Of one shard.
/// </summary>
internal sealed class TunnelEnd(Shard shard, Connection backend) : Deadline
{
    /// <summary>How long the backend has to answer and to end by itself.</summary>
    private const int GraceMilliseconds = 3000;

    public void Start() => shard.Timers.Set(this, shard.NowMilliseconds + GraceMilliseconds);

    public void Cancel() => shard.Timers.Remove(this);

    protected override void OnDue() => backend.ShutdownWrite();
}
