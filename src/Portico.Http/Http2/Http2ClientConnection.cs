using System.Runtime.CompilerServices;
using Portico.Http.Http2.Native;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.Http2;

/// <summary>Hears what becomes of a connection with a backend.</summary>
internal interface IHttp2ClientOwner
{
    /// <summary>The last stream has ended.</summary>
    void OnIdle(Http2ClientConnection connection);

    /// <summary>The connection is over; its streams have failed.</summary>
    void OnEnded(Http2ClientConnection connection);
}

/// <summary>
/// Our side of one HTTP/2 connection with a backend: a session, its socket, and the streams that share them. Two tasks run on it: one
/// reads, one writes while there is something to write, begun at the end of the loop's turn so that the requests of many clients leave
/// together. A slow socket holds back output, a slow client holds back its stream's window.
/// Owned by its shard.
/// </summary>
internal sealed partial class Http2ClientConnection : Http2Session, ITurnWork
{
    /// <summary>What a stream may have in flight, and thus what it keeps at most: one large buffer.</summary>
    private const int StreamWindow = BufferPool.LargeSize - BodyRoom.Before - BodyRoom.After;

    private const int ConnectionWindow = 4 * 1024 * 1024;

    /// <summary>
    /// With as many calls under way, answers come so close together that hearing of each by itself would cost more than the answers, and none
    /// of the callers notices one that is 0.2 ms late.
    /// </summary>
    private const int ManyCalls = 32;

    private static readonly Http2SessionOptions Options = new();

    private readonly IHttp2ClientOwner _owner;
    private readonly Dictionary<int, Http2ClientStream> _streams = [];
    private readonly Stack<Http2ClientStream> _free = new();
    private readonly Http2FieldList _trailers = new();
    private YoungStreams _young;
    private List<Http2ClientStream> _news = [];
    private List<Http2ClientStream> _told = [];
    private bool _isTelling;
    private bool _isAsked;
    private bool _isFlushing;
    private bool _isOver;

    /// <summary>Streams that somebody holds: also those that have ended on the wire and are not yet taken to their end.</summary>
    private int _streamsInUse;

    public Http2ClientConnection(Connection connection, IHttp2ClientOwner owner)
        : base(isServer: false, Options)
    {
        Connection = connection;
        _owner = owner;
        _keepAlive = new KeepAlive(this);
        SubmitSettings(
        [
            new NghttpSetting(Http2SettingId.EnablePush, 0),
            new NghttpSetting(Http2SettingId.InitialWindowSize, StreamWindow),
        ]);
        SetWindow(0, ConnectionWindow);
    }

    public Connection Connection { get; }

    /// <summary>The fields of the request that is being written.</summary>
    public Http2FieldList Fields { get; } = new();

    /// <summary>Requests sent on this connection.</summary>
    public int RequestCount { get; private set; }

    public int OpenStreams => _streams.Count;

    /// <summary>The backend or we have said that no further streams are opened.</summary>
    public bool IsGoingAway { get; private set; }

    /// <summary>Whether another stream may be opened now, the backend's SETTINGS_MAX_CONCURRENT_STREAMS respected.</summary>
    public bool CanOpen => !_isOver && !IsGoingAway && !Connection.PeerFinished && _streams.Count < PeerSetting(Http2SettingId.MaxConcurrentStreams);

    /// <summary>Longest time in which the backend takes nothing of a request, by the stream that set it last.</summary>
    internal TimeSpan StallLimit { get; private set; } = TimeSpan.FromSeconds(60);

    public void Start() => Connection.Shard.Watch(ReadAsync());

    /// <summary>Opens a stream for the request in <see cref="Fields"/> and sends what there is of it.</summary>
    /// <param name="largestHead">Room for a response head.</param>
    /// <returns>Null when the session takes no request any more.</returns>
    public Http2ClientStream? Open(int largestHead, byte[]? body, int offset, int count, bool last, TimeSpan sendTimeout)
    {
        var stream = _free.TryPop(out var free) ? free : new Http2ClientStream(this);
        stream.SetBody(body, offset, count, last, trailers: null);
        var id = SubmitRequest(Fields, hasBody: count > 0 || !last);
        if (id <= 0)
        {
            stream.SetBody(null, 0, 0, last: false, trailers: null);
            _free.Push(stream);
            IsGoingAway = true;
            return null;
        }

        StallLimit = sendTimeout;
        RequestCount++;
        stream.Begin(id, largestHead, _young.Began(Connection.Shard.NowMilliseconds));
        _streams.Add(id, stream);
        _streamsInUse++;
        if (_streams.Count == 1)
        {
            _keepAlive.Touch();
        }

        return stream;
    }

    /// <summary>What waits to be sent goes out at the end of this turn; while a write is under way it is taken along afterwards.</summary>
    public void Flush()
    {
        if (!_isAsked && !_isFlushing && !_isOver)
        {
            _isAsked = true;
            Connection.Shard.AtTurnEnd(this);
        }
    }

    void ITurnWork.OnTurnEnd()
    {
        _isAsked = false;
        WriteNow();
    }

    private void WriteNow()
    {
        if (!_isFlushing && !_isOver && WantsWrite)
        {
            Connection.Shard.Watch(WriteAsync());
        }
    }

    /// <summary>No further streams; the connection closes when the last one has ended.</summary>
    public void Retire()
    {
        IsGoingAway = true;
        if (_streamsInUse == 0)
        {
            Close();
        }
    }

    /// <summary>At the idle limit. What has arrived and waits for a slow client is no traffic of this connection, but ends first.</summary>
    private void CloseIdle()
    {
        if (_streamsInUse == 0)
        {
            Close();
        }
        else
        {
            _keepAlive.Touch();
        }
    }

    /// <summary>Says goodbye and closes. Streams that are still open fail.</summary>
    public void Close()
    {
        if (!_isOver)
        {
            Terminate(Http2ErrorCode.NoError);
            WriteNow();
            End();
        }
    }

    internal void SubmitTrailers(int stream, HeaderBlock trailers)
    {
        _trailers.Clear();
        foreach (ref readonly var field in trailers.Fields)
        {
            _trailers.Add(trailers.Name(in field), trailers.Value(in field));
        }

        SubmitTrailer(stream, _trailers);
    }

    internal void NoteProgress(Http2ClientStream stream)
    {
        if (!stream.IsWoken)
        {
            stream.IsWoken = true;
            _news.Add(stream);
        }
    }

    internal void Release(Http2ClientStream stream, int abandonedBytes)
    {
        _streamsInUse--;
        if (_isOver)
        {
            return;
        }

        if (abandonedBytes > 0)
        {
            ConsumeConnection(abandonedBytes);
        }

        if (_streams.Remove(stream.Id))
        {
            _young.Ended(stream.Began, Connection.Shard.NowMilliseconds);
            Reset(stream.Id, Http2ErrorCode.Cancel);
        }

        Flush();
        _free.Push(stream);
        NoteIdle();
    }

    private void NoteIdle()
    {
        if (_streamsInUse == 0 && !_isOver)
        {
            _keepAlive.Touch();
            _owner.OnIdle(this);
        }
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadAsync()
    {
        var goesOn = true;
        while (goesOn && !_isOver)
        {
            if (await Connection.WaitForInputAsync(Timeout.InfiniteTimeSpan) < 0)
            {
                break;
            }

            goesOn = ReadOnce();
            if (_young.Count(Connection.Shard.NowMilliseconds) >= ManyCalls)
            {
                Connection.ModerateInput();
            }
        }

        End();
        return true;
    }

    private bool ReadOnce()
    {
        var buffers = Connection.Shard.Buffers;
        var buffer = buffers.Rent(BufferPool.LargeSize);
        var read = Connection.ReadNow(buffer, 0, buffer.Length);
        var goesOn = read == Connection.NothingNow;
        if (read > 0)
        {
            _keepAlive.Touch();
            goesOn = Receive(buffer.AsSpan(0, read));
        }

        buffers.Return(buffer);
        Tell();
        if (goesOn && WantsRead)
        {
            Flush();
            return true;
        }

        // The session is over, and says why.
        WriteNow();
        return goesOn && WantsWrite;
    }

    /// <summary>Lets those go on for whom something came.</summary>
    private void Tell()
    {
        if (_isTelling)
        {
            return;
        }

        _isTelling = true;
        while (_news.Count > 0)
        {
            (_news, _told) = (_told, _news);
            foreach (var stream in _told)
            {
                stream.IsWoken = false;
                stream.Wake();
            }

            _told.Clear();
        }

        _isTelling = false;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteAsync()
    {
        _isFlushing = true;
        var buffers = Connection.Shard.Buffers;
        var buffer = buffers.Rent(BufferPool.LargeSize);
        var written = 0;
        while (written >= 0 && !_isOver)
        {
            var count = TakeOutput(buffer, 0, buffer.Length);
            if (count == 0)
            {
                break;
            }

            written = count < 0 ? count : await Connection.WriteAsync(buffer, 0, count, StallLimit);
            Tell();
        }

        buffers.Return(buffer);
        _isFlushing = false;
        if (written < 0)
        {
            End(stalled: written == IoStatus.TimedOut);
        }
        else
        {
            Tell();
            GoOnAfterWrite();
        }

        return true;
    }

    private void GoOnAfterWrite()
    {
        if (WantsRead || WantsWrite)
        {
            WriteNow();
        }
        else
        {
            // That was the session's last word.
            End();
        }
    }

    /// <summary>The connection is over: whatever is open on it fails.</summary>
    private void End(bool stalled = false)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        IsGoingAway = true;
        _keepAlive.Stop();
        Connection.Close();
        foreach (var stream in _streams.Values)
        {
            stream.OnConnectionLost(stalled);
            NoteProgress(stream);
        }

        _streams.Clear();
        Tell();
        _owner.OnEnded(this);
        Dispose();
    }
}
