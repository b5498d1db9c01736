using Portico.Model;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Streams;

/// <summary>
/// What one client says to one endpoint over UDP. It is over when as many datagrams have come back as were expected
/// (<c>proxy-stream-responses</c> for each of the client's), or after a silence, or when the endpoint cannot be reached. The socket of an
/// answered session is kept for a moment: a client that asks again saves the making of a new one; what the endpoint sends meanwhile is
/// thrown away.
/// </summary>
internal sealed class UdpSession(UdpSessions owner, UdpFlow flow, byte[] client, StreamSession facts, EndpointState endpoint)
    : DatagramPeer(owner.Services.Shard, owner.Services.Datagrams)
{
    private const int KeptMilliseconds = 1000;

    private long _expected;
    private long _lastMilliseconds;
    private bool _recorded;

    public UdpFlow Flow => flow;

    public EndpointState Endpoint => endpoint;

    /// <summary>Everything that was expected has come.</summary>
    public bool IsAnswered { get; private set; }

    public bool Connect()
    {
        _lastMilliseconds = Shard.NowMilliseconds;
        return Connect(endpoint.SockAddr) >= 0;
    }

    /// <summary>Sends a client's datagram on.</summary>
    public void Forward(ReadOnlySpan<byte> datagram, StreamSettings settings)
    {
        _lastMilliseconds = Shard.NowMilliseconds;
        facts.BytesFromClient += datagram.Length;
        _expected += settings.Responses;
        var sent = Send(datagram);
        if (sent == Connection.NothingNow)
        {
            owner.Services.Counters.DatagramsDropped++;
        }
        else if (sent < 0)
        {
            OnFailed(sent);
            return;
        }

        if (_expected == 0)
        {
            Answered();
        }
    }

    /// <summary>Begins anew, when the session was answered.</summary>
    public void Restart()
    {
        _expected = 0;
        _recorded = false;
        IsAnswered = false;
        facts.Restart(Shard.NowMilliseconds);
    }

    public bool IsOver(long nowMilliseconds, long idleMilliseconds) =>
        nowMilliseconds - _lastMilliseconds >= (IsAnswered ? KeptMilliseconds : idleMilliseconds);

    /// <summary>Closes the socket; the line is written unless it was.</summary>
    public void End()
    {
        Record();
        Close();
    }

    protected override void OnReceived(DatagramBatch received)
    {
        _lastMilliseconds = Shard.NowMilliseconds;
        var count = (int)Math.Min(received.Count, IsAnswered ? 0 : _expected);
        if (count < received.Count)
        {
            owner.Services.Counters.DatagramsDropped += received.Count - count;
        }

        if (count == 0)
        {
            return;
        }

        for (var i = 0; i < count; i++)
        {
            facts.BytesToClient += received.Bytes(i).Length;
        }

        if (facts.FirstByteMilliseconds < 0)
        {
            facts.FirstByteMilliseconds = _lastMilliseconds;
        }

        var sent = Reply(flow.Listener, received, count, client, flow.Local);
        owner.Services.Counters.DatagramsDropped += count - sent;
        _expected -= count;
        if (_expected == 0)
        {
            Answered();
        }
    }

    /// <summary>The next datagram of the client makes a new session, with another endpoint if there is one.</summary>
    protected override void OnFailed(int status)
    {
        if (!IsAnswered)
        {
            facts.Status = StreamSession.BadGateway;
            owner.Services.Counters.StreamConnectFailures++;
        }

        End();
        owner.Forget(this);
    }

    private void Answered()
    {
        IsAnswered = true;
        Record();
    }

    private void Record()
    {
        if (!_recorded)
        {
            _recorded = true;
            owner.Record(facts);
        }
    }
}
