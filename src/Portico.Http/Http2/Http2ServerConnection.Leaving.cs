namespace Portico.Http.Http2;

/// <summary>Orderly ends: idle connections, the limit of requests, shutdown.</summary>
public sealed partial class Http2ServerConnection
{
    /// <summary>Any eight bytes that no other PING of ours carries.</summary>
    private const ulong DrainPing = 0x706F_7274_6963_6F21;

    private static readonly TimeSpan RoundTripPatience = TimeSpan.FromSeconds(1);

    private bool _isLeaving;
    private bool _goodbyeSaid;
    private bool _drainPingDue;

    /// <summary>
    /// Lets the connection finish: first a GOAWAY that refuses nothing yet, and when the client has certainly seen it (a PING came
    /// back, or it had a second) the one with the last stream (RFC 9113, 6.8). What is under way is finished.
    /// </summary>
    public void Drain()
    {
        if (_isLeaving || _isOver)
        {
            return;
        }

        _isLeaving = true;
        _session.SubmitShutdownNotice();
        _drainPingDue = true;
        AskToWrite();
        Shard.Timers.Set(new DrainDeadline(this), Shard.NowMilliseconds + (long)RoundTripPatience.TotalMilliseconds);
    }

    /// <summary>The notice is out. Submitted together with it the PING would overtake it, and its echo would prove nothing.</summary>
    private void PingBehindNotice()
    {
        if (_drainPingDue)
        {
            _drainPingDue = false;
            _session.SubmitPing(DrainPing);
        }
    }

    /// <summary>No more streams. Those that are open are finished, then the connection ends.</summary>
    private void SayLastGoodbye()
    {
        if (!_goodbyeSaid && !_isOver)
        {
            _goodbyeSaid = true;
            _session.SubmitGoAway(_session.LastPeerStream, Http2ErrorCode.NoError);
            AskToWrite();
        }
    }

    /// <summary>Nothing came for too long.</summary>
    private void LeaveSilentClient()
    {
        if (_blockBeganMilliseconds == 0 && !IsIdle)
        {
            return;
        }

        _blockBeganMilliseconds = 0;
        _session.Terminate(Http2ErrorCode.NoError);
        AskToWrite();
    }

    /// <summary><c>keep-alive-requests</c>: nginx counts streams.</summary>
    private void LimitRequests()
    {
        if (_requests >= _server.Limits.KeepAliveRequests)
        {
            SayLastGoodbye();
        }
    }

    private sealed class DrainDeadline(Http2ServerConnection connection) : Net.Timers.Deadline
    {
        protected override void OnDue() => connection.SayLastGoodbye();
    }
}
