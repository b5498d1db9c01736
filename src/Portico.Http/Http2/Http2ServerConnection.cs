using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Portico.Http.Http2.Native;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.Http2;

/// <summary>
/// The server's side of one HTTP/2 connection. Three things take turns on the shard's thread:
/// <list type="number">
/// <item>reading: bytes go into the session, whose events open and feed streams (<c>Http2ServerConnection.Events.cs</c>);</item>
/// <item>serving: streams with news begin, or go on where their handler waits;</item>
/// <item>writing: at the end of the loop's turn everything that all streams have to say leaves in as few writes as it fits
/// (<c>Http2ServerConnection.Writing.cs</c>).</item>
/// </list>
/// An idle connection holds no buffer. Owned by its shard; over when the socket is closed and the last handler has returned.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It ends by itself, and frees the session when the last handler has returned.")]
public sealed partial class Http2ServerConnection : ITurnWork
{
    /// <summary>Of each stream; also the most that is kept of a body that its handler does not read.</summary>
    internal const int StreamWindow = 64 * 1024 - 1;

    /// <summary>Of all streams together: the most that one connection's bodies can make us keep.</summary>
    private const int ConnectionWindow = 1024 * 1024;

    /// <summary>Reads in a row before other connections get their turn.</summary>
    private const int ReadsPerTurn = 16;

    /// <summary>Frames that may wait for a client that does not read.</summary>
    private const int MostQueuedFrames = 4096;

    /// <summary>
    /// The library counts a frame again each time another piece of its header arrives. So that sixteen honest ones may come byte by byte,
    /// it has to allow this many.
    /// </summary>
    private const int MostContinuations = 16 * Http2Frame.HeaderLength;

    private readonly Http2Server _server;
    private readonly Connection _connection;
    private readonly Http2ServerSession _session;
    private readonly Dictionary<int, Http2Exchange> _streams = [];
    private readonly Queue<Http2Exchange> _woken = new();
    private readonly List<int> _refused = [];
    private readonly long _beganMilliseconds;

    /// <summary>Exchanges whose handler has not returned yet, whatever became of their streams.</summary>
    private int _running;

    private int _requests;
    private int _prefaceSeen;
    private bool _isOver;
    private bool _isDisposed;

    private Http2ServerConnection(Http2Server server, Connection connection)
    {
        _server = server;
        _connection = connection;
        _beganMilliseconds = connection.Shard.NowMilliseconds;
        _session = new Http2ServerSession(this, new Http2SessionOptions
        {
            MaxContinuations = MostContinuations,
            // Our own limit comes first, which says what it is about.
            MaxOutboundAcknowledgements = 2 * MostQueuedFrames,
        });
        _pumpEnded = PumpEnded;
        connection.Codec = this;
    }

    /// <summary>Whether no stream is open, so that closing it loses nothing that has arrived.</summary>
    public bool IsIdle => _streams.Count == 0 && _running == 0;

    internal Connection Connection => _connection;

    internal Shard Shard => _connection.Shard;

    internal Http2Session Session => _session;

    internal Http2Server Server => _server;

    private bool IsAlive => !_isOver && !_connection.IsClosed && (_isWriting || _session.WantsRead || _session.WantsWrite);

    /// <summary>Serves a connection until it ends.</summary>
    /// <param name="server">What the shard's connections share.</param>
    /// <param name="connection">The client's connection.</param>
    /// <param name="received">What was read from it already.</param>
    public static ValueTask<bool> RunAsync(Http2Server server, Connection connection, ReadOnlySpan<byte> received)
    {
        var codec = new Http2ServerConnection(server, connection);
        codec.Open();
        return received.IsEmpty || codec.TakeIn(received) ? codec.ServeAsync() : codec.EndAsync();
    }

    private void Open()
    {
        var limits = _server.Limits;
        // The library's own answer to too many streams is the end of the connection; ours is REFUSED_STREAM. So it is told of a higher
        // number, and the true one is put into the frame on its way out.
        _session.SubmitSettings(
        [
            new NghttpSetting(Http2SettingId.MaxConcurrentStreams, int.MaxValue),
            new NghttpSetting(Http2SettingId.InitialWindowSize, StreamWindow),
            new NghttpSetting(Http2SettingId.MaxHeaderListSize, (uint)limits.Head.TotalBytes),
            new NghttpSetting(Http2SettingId.EnableConnectProtocol, 1),
        ]);
        _session.SetWindow(0, ConnectionWindow);
        AskToWrite();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ServeAsync()
    {
        while (IsAlive)
        {
            var waited = await _connection.WaitForInputAsync(Patience());
            if (waited == IoStatus.TimedOut)
            {
                LeaveSilentClient();
                continue;
            }

            if (waited < 0 || !ReadWhatIsThere())
            {
                break;
            }
        }

        return await EndAsync();
    }

    /// <summary>How long silence is borne; none while streams are open, because each has limits of its own.</summary>
    private TimeSpan Patience()
    {
        var limits = _server.Limits;
        if (_blockBeganMilliseconds != 0)
        {
            var left = limits.HeadTimeout - TimeSpan.FromMilliseconds(Shard.NowMilliseconds - _blockBeganMilliseconds);
            return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
        }

        if (!IsIdle)
        {
            return TimeSpan.Zero;
        }

        return _requests == 0 ? limits.HeadTimeout : IdlePatience();
    }

    private TimeSpan IdlePatience() =>
        _server.Limits.KeepAliveTimeout is var timeout && timeout > TimeSpan.Zero ? timeout : TimeSpan.FromMilliseconds(1);

    private bool ReadWhatIsThere()
    {
        var buffer = Shard.Buffers.Rent(BufferPool.MediumSize);
        var goesOn = true;
        for (var reads = 0; goesOn && reads < ReadsPerTurn; reads++)
        {
            var read = _connection.ReadNow(buffer, 0, buffer.Length);
            if (read == Connection.NothingNow)
            {
                break;
            }

            // A client of HTTP/2 has no reason to close its side alone: it is gone.
            goesOn = read > 0 && TakeIn(buffer.AsSpan(0, read));
        }

        Shard.Buffers.Return(buffer);
        return goesOn;
    }

    /// <returns>False when the connection cannot go on.</returns>
    private bool TakeIn(ReadOnlySpan<byte> bytes)
    {
        if (!ContinuesPreface(bytes))
        {
            CutOff(Http2ErrorCode.ProtocolError);
            return false;
        }

        var received = _session.Receive(bytes);
        if (_session.Defect is { } defect)
        {
            _server.ReportDefect(defect);
        }

        RefuseStreams();
        if (received && _session.QueuedFrames > MostQueuedFrames)
        {
            _attack = Http2Defence.UnreadOutput;
        }

        ServeWoken();
        if (_violation is { } violation)
        {
            CutOff(violation);
            return false;
        }

        if (!received)
        {
            // What else ends a session at once are the library's own limits against floods.
            _attack ??= Http2Defence.FrameFlood;
        }

        if (IsUnderAttack())
        {
            return false;
        }

        LimitRequests();
        AskToWrite();
        return !_connection.IsClosed;
    }

    private bool ContinuesPreface(ReadOnlySpan<byte> bytes)
    {
        var expected = Http2Preface.Bytes[_prefaceSeen..];
        var count = Math.Min(expected.Length, bytes.Length);
        _prefaceSeen += count;
        return bytes[..count].SequenceEqual(expected[..count]);
    }

    private bool IsUnderAttack()
    {
        if (_attack is not { } attack)
        {
            return false;
        }

        _server.Defend(_connection, attack);
        CutOff(Http2ErrorCode.EnhanceYourCalm);
        return true;
    }

    private void RefuseStreams()
    {
        foreach (var stream in _refused)
        {
            _session.Reset(stream, Http2ErrorCode.RefusedStream);
            if (!_guard.TakeReset(Shard.NowMilliseconds))
            {
                _attack ??= Http2Defence.StreamFlood;
            }
        }

        _refused.Clear();
    }

    /// <summary>Notes that a stream has news for its handler.</summary>
    internal void Wake(Http2Exchange exchange)
    {
        if (!exchange.IsWoken)
        {
            exchange.IsWoken = true;
            _woken.Enqueue(exchange);
        }
    }

    /// <summary>Lets the handlers of streams with news go on.</summary>
    private void ServeWoken()
    {
        while (_woken.TryDequeue(out var exchange))
        {
            exchange.IsWoken = false;
            exchange.GoOn();
        }
    }

    /// <summary>A handler has returned.</summary>
    internal void HandlerEnded()
    {
        _running--;
        if (_isOver)
        {
            DisposeWhenUnused();
        }
        else if (_running == 0)
        {
            AskToWrite();
        }
    }

    /// <summary>Ends the connection; streams that are still open are told that their client is gone.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> EndAsync()
    {
        _isOver = true;
        foreach (var exchange in _streams.Values)
        {
            exchange.StreamClosed(Http2ErrorCode.Cancel);
            Wake(exchange);
        }

        _streams.Clear();
        _latest = null;
        ServeWoken();
        if (!_connection.IsClosed && !_connection.PeerFinished && !_connection.IsBroken && !_isWriting)
        {
            await LingerAsync();
        }

        _connection.Close();
        DisposeWhenUnused();
        return true;
    }

    /// <summary>
    /// Closes while the client may still be sending: a plain close would answer its bytes with a reset, which can destroy the last
    /// frames before the client has read them.
    /// </summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> LingerAsync()
    {
        _connection.ShutdownWrite();
        var buffer = Shard.Buffers.Rent(BufferPool.SmallSize);
        var end = Shard.NowMilliseconds + (long)_server.Limits.LingerTime.TotalMilliseconds;
        while (Shard.NowMilliseconds < end)
        {
            if (await _connection.ReadAsync(buffer, 0, buffer.Length, _server.Limits.LingerTimeout) <= 0)
            {
                break;
            }
        }

        Shard.Buffers.Return(buffer);
        return true;
    }

    private void DisposeWhenUnused()
    {
        if (_running == 0 && !_isWriting && !_isDisposed)
        {
            _isDisposed = true;
            _session.Dispose();
        }
    }
}
