using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Http.Http2.Native;

namespace Portico.Http.Http2;

/// <summary>
/// What libnghttp2 calls: static functions that find the session by the handle that the library carries for us. Nothing may be thrown
/// through the library's frames, so a defect is kept and the session ended.
/// </summary>
internal abstract unsafe partial class Http2Session
{
    /// <summary>One table for all sessions, never freed.</summary>
    private static readonly nint Callbacks = CreateCallbacks();

    private static NghttpDataProvider BodyProvider => new() { Read = &OnReadBody };

    private static nint CreateCallbacks()
    {
        nint callbacks;
        if (LibNghttp2.nghttp2_session_callbacks_new(&callbacks) != 0)
        {
            throw new InvalidOperationException("libnghttp2 makes no callbacks");
        }

        LibNghttp2.nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &OnBeginHeaders);
        LibNghttp2.nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnField);
        LibNghttp2.nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, &OnInvalidField);
        LibNghttp2.nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &OnBody);
        LibNghttp2.nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &OnFrame);
        LibNghttp2.nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, &OnInvalidFrame);
        LibNghttp2.nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, &OnBeginFrame);
        LibNghttp2.nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &OnNotSent);
        LibNghttp2.nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnStreamClosed);
        LibNghttp2.nghttp2_session_callbacks_set_send_data_callback(callbacks, &OnSendBody);
        return callbacks;
    }

    /// <summary>A header block begins.</summary>
    /// <returns>False resets the stream (INTERNAL_ERROR).</returns>
    protected virtual bool HandleBeginHeaders(int stream, Http2HeadersCategory category) => true;

    /// <summary>A field of a header block, pseudo-fields first, names in lower case.</summary>
    /// <returns>False resets the stream (INTERNAL_ERROR); the rest of its block is read without being told.</returns>
    protected virtual bool HandleField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => true;

    /// <summary>A field that HTTP forbids (control bytes, upper case, connection-specific).</summary>
    /// <returns>False resets the stream; true ignores the field.</returns>
    protected virtual bool HandleInvalidField(int stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => false;

    /// <summary>Bytes of a body. They count against the windows until they are given back by <see cref="Consume"/>.</summary>
    protected virtual void HandleBody(int stream, ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>The header of any frame has come; its payload is still to be judged.</summary>
    /// <returns>False ends the session at once.</returns>
    protected virtual bool HandleBeginFrame(Http2FrameType type, int stream, int length, Http2FrameFlags flags) => true;

    /// <summary>A frame has come whole. Of HEADERS and DATA also the end of the stream is told here.</summary>
    protected virtual void HandleFrame(in Http2Frame frame)
    {
    }

    /// <summary>A frame broke a rule; the library resets the stream or ends the session.</summary>
    protected virtual void HandleInvalidFrame(in Http2Frame frame, int libraryError)
    {
    }

    /// <summary>A frame of ours that waited cannot be sent any more: a request of a session that is going away, for one.</summary>
    protected virtual void HandleNotSent(in Http2Frame frame, int libraryError)
    {
    }

    /// <summary>The stream is over: nothing of it follows.</summary>
    protected virtual void HandleStreamClosed(int stream, Http2ErrorCode error)
    {
    }

    /// <summary>
    /// How much of the stream's body is there to be sent now. What is promised here is fetched by <see cref="CopyBody"/> right after,
    /// or once there is room.
    /// </summary>
    /// <param name="stream">Number of the stream.</param>
    /// <param name="limit">Most that may be promised.</param>
    protected virtual BodyPiece ReadBody(int stream, int limit) => BodyPiece.End(0);

    /// <summary>Copies the promised bytes.</summary>
    /// <returns>False when they are gone meanwhile, because the stream was given up: it is reset (INTERNAL_ERROR) and nothing of the frame sent.</returns>
    protected virtual bool CopyBody(int stream, Span<byte> destination) => false;

    private static Http2Session Find(nint userData) => (Http2Session)GCHandle.FromIntPtr(userData).Target!;

    private int Fail(Exception defect)
    {
        Defect ??= defect;
        return LibNghttp2.ErrorCallbackFailure;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBeginHeaders(nint native, NghttpFrame* frame, nint userData)
    {
        var session = Find(userData);
        try
        {
            return session.HandleBeginHeaders(frame->Header.StreamId, frame->HeadersCategory) ? 0 : LibNghttp2.ErrorTemporalCallbackFailure;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnField(
        nint native, NghttpFrame* frame, byte* name, nuint nameLength, byte* value, nuint valueLength, byte flags, nint userData)
    {
        var session = Find(userData);
        try
        {
            var accepted = session.HandleField(
                frame->Header.StreamId, new ReadOnlySpan<byte>(name, (int)nameLength), new ReadOnlySpan<byte>(value, (int)valueLength));
            return accepted ? 0 : LibNghttp2.ErrorTemporalCallbackFailure;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnInvalidField(
        nint native, NghttpFrame* frame, byte* name, nuint nameLength, byte* value, nuint valueLength, byte flags, nint userData)
    {
        var session = Find(userData);
        try
        {
            var ignored = session.HandleInvalidField(
                frame->Header.StreamId, new ReadOnlySpan<byte>(name, (int)nameLength), new ReadOnlySpan<byte>(value, (int)valueLength));
            return ignored ? 0 : LibNghttp2.ErrorTemporalCallbackFailure;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBody(nint native, byte flags, int stream, byte* data, nuint length, nint userData)
    {
        var session = Find(userData);
        try
        {
            session.HandleBody(stream, new ReadOnlySpan<byte>(data, (int)length));
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBeginFrame(nint native, NghttpFrameHeader* header, nint userData)
    {
        var session = Find(userData);
        try
        {
            return session.HandleBeginFrame(header->Type, header->StreamId, (int)header->Length, header->Flags)
                ? 0 : LibNghttp2.ErrorCallbackFailure;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnFrame(nint native, NghttpFrame* frame, nint userData)
    {
        var session = Find(userData);
        try
        {
            session.HandleFrame(new Http2Frame(frame));
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnInvalidFrame(nint native, NghttpFrame* frame, int libraryError, nint userData)
    {
        var session = Find(userData);
        try
        {
            session.HandleInvalidFrame(new Http2Frame(frame), libraryError);
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnNotSent(nint native, NghttpFrame* frame, int libraryError, nint userData)
    {
        var session = Find(userData);
        try
        {
            session.HandleNotSent(new Http2Frame(frame), libraryError);
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnStreamClosed(nint native, int stream, uint error, nint userData)
    {
        var session = Find(userData);
        try
        {
            session.HandleStreamClosed(stream, (Http2ErrorCode)error);
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint OnReadBody(nint native, int stream, byte* buffer, nuint length, uint* flags, nint* source, nint userData)
    {
        var session = Find(userData);
        try
        {
            var piece = session.ReadBody(stream, (int)Math.Min(length, LargestDataPayload));
            if (piece.IsDeferred)
            {
                return LibNghttp2.ErrorDeferred;
            }

            *flags |= LibNghttp2.DataFlagNoCopy
                | (piece.IsEnd ? LibNghttp2.DataFlagEof : 0)
                | (piece.HasTrailers ? LibNghttp2.DataFlagNoEndStream : 0);
            return piece.Length;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }

    // The payload goes from its owner into the output without a stop in the library.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSendBody(nint native, NghttpFrame* frame, byte* header, nuint length, nint* source, nint userData)
    {
        var session = Find(userData);
        try
        {
            var whole = Http2Frame.HeaderLength + (int)length;
            if (session._outputLimit - session._outputEnd < whole)
            {
                return LibNghttp2.ErrorWouldBlock;
            }

            var room = session._output.AsSpan(session._outputEnd, whole);
            new ReadOnlySpan<byte>(header, Http2Frame.HeaderLength).CopyTo(room);
            if (length > 0 && !session.CopyBody(frame->Header.StreamId, room[Http2Frame.HeaderLength..]))
            {
                return LibNghttp2.ErrorTemporalCallbackFailure;
            }

            session._outputEnd += whole;
            return 0;
        }
        catch (Exception defect)
        {
            return session.Fail(defect);
        }
    }
}
