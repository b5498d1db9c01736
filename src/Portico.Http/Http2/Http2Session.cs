using System.Runtime.InteropServices;
using Portico.Http.Http2.Native;

namespace Portico.Http.Http2;

/// <summary>
/// One side of an HTTP/2 connection without its socket: bytes in (<see cref="Receive"/>), events out (the virtual methods), bytes out
/// (<see cref="TakeOutput"/>). Frames, HPACK, stream states and flow control are libnghttp2's. Windows grow only by
/// <see cref="Consume"/>. Events come inside <see cref="Receive"/> and <see cref="TakeOutput"/>, on the shard that owns the session;
/// a handler must not call either of the two and must not throw. The base of both sides of the gateway.
/// </summary>
internal abstract unsafe partial class Http2Session : IDisposable
{
    /// <summary>Least room that <see cref="TakeOutput"/> needs: a whole DATA frame of the size that is sent.</summary>
    public const int LeastOutputRoom = Http2Frame.HeaderLength + LargestDataPayload;

    /// <summary>libnghttp2 makes DATA frames of at most this size unless it is told otherwise.</summary>
    private const int LargestDataPayload = 16 * 1024;

    private readonly GCHandle _self;
    private nint _session;

    // What mem_send gave and did not fit any more; valid until its next call.
    private byte* _pending;
    private int _pendingLength;

    // The caller's room while TakeOutput runs; DATA goes there without passing through the library.
    private byte[]? _output;
    private int _outputEnd;
    private int _outputLimit;

    protected Http2Session(bool isServer, Http2SessionOptions options)
    {
        _self = GCHandle.Alloc(this);
        var option = options.CreateNative();
        nint session;
        var result = isServer
            ? LibNghttp2.nghttp2_session_server_new2(&session, Callbacks, GCHandle.ToIntPtr(_self), option)
            : LibNghttp2.nghttp2_session_client_new2(&session, Callbacks, GCHandle.ToIntPtr(_self), option);
        LibNghttp2.nghttp2_option_del(option);
        if (result != 0)
        {
            _self.Free();
            throw new InvalidOperationException("libnghttp2 makes no session");
        }

        _session = session;
    }

    /// <summary>What a handler threw: a defect of ours, which ends the session. The owner logs it.</summary>
    public Exception? Defect { get; private set; }

    /// <summary>Whether the protocol expects anything more from the peer. When neither reading nor writing is wanted, the end is reached.</summary>
    public bool WantsRead => _session != 0 && LibNghttp2.nghttp2_session_want_read(_session) != 0;

    public bool WantsWrite => _session != 0 && (_pendingLength > 0 || LibNghttp2.nghttp2_session_want_write(_session) != 0);

    /// <summary>Bytes that the peer lets us send on the whole connection.</summary>
    public int PeerWindow => LibNghttp2.nghttp2_session_get_remote_window_size(_session);

    /// <summary>Frames that wait to be sent.</summary>
    public int QueuedFrames => (int)LibNghttp2.nghttp2_session_get_outbound_queue_size(_session);

    public uint PeerSetting(Http2SettingId id) => LibNghttp2.nghttp2_session_get_remote_settings(_session, (int)id);

    /// <summary>Takes in what the peer sent, all of it.</summary>
    /// <returns>False when the session is over: what is wrong was put into a GOAWAY where that is possible; send the output, then close.</returns>
    public bool Receive(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            return LibNghttp2.nghttp2_session_mem_recv(_session, data, (nuint)bytes.Length) >= 0 && Defect is null;
        }
    }

    /// <summary>Fills the buffer with what is to be sent.</summary>
    /// <returns>Bytes written; zero when nothing is to be sent now; negative when the session cannot go on.</returns>
    public int TakeOutput(byte[] buffer, int offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, LeastOutputRoom);
        (_output, _outputEnd, _outputLimit) = (buffer, offset, offset + count);
        try
        {
            while (true)
            {
                if (_pendingLength > 0 && !MovePending())
                {
                    break;
                }

                byte* data;
                var length = LibNghttp2.nghttp2_session_mem_send(_session, &data);
                if (length < 0 || Defect is not null)
                {
                    return Math.Min((int)length, -1);
                }

                if (length == 0)
                {
                    break;
                }

                _pending = data;
                _pendingLength = (int)length;
            }

            return _outputEnd - offset;
        }
        finally
        {
            _output = null;
        }
    }

    /// <summary>Bytes of the stream's body were passed on: the peer may send as many again. The stream may be closed already.</summary>
    public void Consume(int stream, int count)
    {
        if (_session != 0)
        {
            LibNghttp2.nghttp2_session_consume(_session, stream, (nuint)count);
        }
    }

    /// <summary>Bytes of a stream that nobody wants: the connection's window must not shrink for them.</summary>
    public void ConsumeConnection(int count)
    {
        if (_session != 0)
        {
            LibNghttp2.nghttp2_session_consume_connection(_session, (nuint)count);
        }
    }

    /// <summary>The stream, which had nothing to send when it was asked, has something now.</summary>
    public void ResumeData(int stream)
    {
        if (_session != 0)
        {
            LibNghttp2.nghttp2_session_resume_data(_session, stream);
        }
    }

    public void Reset(int stream, Http2ErrorCode error)
    {
        if (_session != 0)
        {
            LibNghttp2.nghttp2_submit_rst_stream(_session, 0, stream, (uint)error);
        }
    }

    /// <summary>Sends GOAWAY; once it is out nothing more is wanted.</summary>
    public void Terminate(Http2ErrorCode error) => LibNghttp2.nghttp2_session_terminate_session(_session, (uint)error);

    public void SubmitShutdownNotice() => LibNghttp2.nghttp2_submit_shutdown_notice(_session);

    public void SubmitGoAway(int lastStream, Http2ErrorCode error) =>
        LibNghttp2.nghttp2_submit_goaway(_session, 0, lastStream, (uint)error, null, 0);

    /// <summary>The last stream of the peer that was handed to us.</summary>
    public int LastPeerStream => LibNghttp2.nghttp2_session_get_last_proc_stream_id(_session);

    /// <summary>Whether our end of the stream was sent; null when the stream is gone.</summary>
    public bool? IsEndSent(int stream) => LibNghttp2.nghttp2_session_get_stream_local_close(_session, stream) switch
    {
        1 => true,
        0 => false,
        _ => null,
    };

    public void SubmitPing(ulong opaque) => LibNghttp2.nghttp2_submit_ping(_session, 0, (byte*)&opaque);

    public void SubmitSettings(ReadOnlySpan<NghttpSetting> settings)
    {
        fixed (NghttpSetting* entries = settings)
        {
            LibNghttp2.nghttp2_submit_settings(_session, 0, entries, (nuint)settings.Length);
        }
    }

    /// <summary>Makes the connection's window (stream 0) or a stream's this large.</summary>
    public void SetWindow(int stream, int size) => LibNghttp2.nghttp2_session_set_local_window_size(_session, 0, stream, size);

    /// <summary>Opens a stream. Its body, if any, is asked for by <see cref="ReadBody"/>.</summary>
    /// <returns>The stream's number, or a negative error.</returns>
    public int SubmitRequest(Http2FieldList fields, bool hasBody)
    {
        var data = BodyProvider;
        var stream = LibNghttp2.nghttp2_submit_request(_session, 0, fields.Resolve(), (nuint)fields.Count, hasBody ? &data : null, 0);
        fields.Clear();
        return stream;
    }

    /// <summary>The final response head. Its body, if any, is asked for by <see cref="ReadBody"/>.</summary>
    /// <returns>Negative on failure.</returns>
    public int SubmitResponse(int stream, Http2FieldList fields, bool hasBody)
    {
        var data = BodyProvider;
        var result = LibNghttp2.nghttp2_submit_response(_session, stream, fields.Resolve(), (nuint)fields.Count, hasBody ? &data : null);
        fields.Clear();
        return result;
    }

    /// <summary>An interim response head.</summary>
    public int SubmitInterim(int stream, Http2FieldList fields)
    {
        var result = LibNghttp2.nghttp2_submit_headers(_session, 0, stream, 0, fields.Resolve(), (nuint)fields.Count, 0);
        fields.Clear();
        return result;
    }

    /// <summary>Trailers; to be called from <see cref="ReadBody"/>, which answers with <see cref="BodyPiece.EndWithTrailers"/>.</summary>
    public int SubmitTrailer(int stream, Http2FieldList fields)
    {
        var result = LibNghttp2.nghttp2_submit_trailer(_session, stream, fields.Resolve(), (nuint)fields.Count);
        fields.Clear();
        return result;
    }

    public static string ErrorText(int error) => Marshal.PtrToStringUTF8((nint)LibNghttp2.nghttp2_strerror(error)) ?? "";

    public virtual void Dispose()
    {
        if (_session != 0)
        {
            LibNghttp2.nghttp2_session_del(_session);
            _session = 0;
            _pendingLength = 0;
            _self.Free();
        }

        GC.SuppressFinalize(this);
    }

    private bool MovePending()
    {
        var count = Math.Min(_pendingLength, _outputLimit - _outputEnd);
        new ReadOnlySpan<byte>(_pending, count).CopyTo(_output.AsSpan(_outputEnd));
        _outputEnd += count;
        _pending += count;
        _pendingLength -= count;
        return _pendingLength == 0;
    }
}
