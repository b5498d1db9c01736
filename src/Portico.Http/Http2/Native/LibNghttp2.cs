using System.Runtime.InteropServices;

namespace Portico.Http.Http2.Native;

/// <summary>
/// The imports from libnghttp2, which is used without I/O of its own: bytes in by <see cref="nghttp2_session_mem_recv"/>, bytes out by
/// <see cref="nghttp2_session_mem_send"/>. Results are handed on as they are and nothing throws; what fails only for want of memory or
/// for streams that are gone, which the events tell anyway, is declared void. 1.52 with the security fixes that distributions carry
/// (<c>max_continuations</c>) is required.
/// </summary>
internal static unsafe partial class LibNghttp2
{
    private const string Library = "libnghttp2.so.14";

    public const int ErrorWouldBlock = -504;
    public const int ErrorDeferred = -508;
    public const int ErrorTemporalCallbackFailure = -521;
    public const int ErrorPause = -526;
    public const int ErrorCallbackFailure = -902;

    public const byte NvFlagNoIndex = 0x01;
    public const byte NvFlagNoCopyName = 0x02;
    public const byte NvFlagNoCopyValue = 0x04;

    public const uint DataFlagEof = 0x01;
    public const uint DataFlagNoEndStream = 0x02;
    public const uint DataFlagNoCopy = 0x04;

    [LibraryImport(Library)]
    public static partial int nghttp2_session_callbacks_new(nint* callbacks);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_begin_headers_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_header_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, byte*, nuint, byte*, nuint, byte, nint, int> callback);

    /// <summary>Headers that HTTP does not allow: without the callback the library resets the stream for some and ignores others.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_invalid_header_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, byte*, nuint, byte*, nuint, byte, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, byte, int, byte*, nuint, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_frame_recv_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, int, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_begin_frame_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrameHeader*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_frame_send_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_frame_not_send_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, int, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_on_stream_close_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, int, uint, nint, int> callback);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_callbacks_set_send_data_callback(
        nint callbacks, delegate* unmanaged[Cdecl]<nint, NghttpFrame*, byte*, nuint, nint*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial int nghttp2_option_new(nint* option);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_del(nint option);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_no_auto_window_update(nint option, int value);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_peer_max_concurrent_streams(nint option, uint value);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_no_closed_streams(nint option, int value);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_no_auto_ping_ack(nint option, int value);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_max_send_header_block_length(nint option, nuint value);

    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_max_deflate_dynamic_table_size(nint option, nuint value);

    /// <summary>Most acknowledgements of PING and SETTINGS that wait to be sent, then the session ends with an error.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_max_outbound_ack(nint option, nuint value);

    /// <summary>Most entries of one SETTINGS frame.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_max_settings(nint option, nuint value);

    /// <summary>Most CONTINUATION frames of one header block (CVE-2024-28182).</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_max_continuations(nint option, nuint value);

    /// <summary>A token bucket of streams that the peer resets (CVE-2023-44487); beyond it the session sends GOAWAY.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_option_set_stream_reset_rate_limit(nint option, ulong burst, ulong ratePerSecond);

    [LibraryImport(Library)]
    public static partial int nghttp2_session_client_new2(nint* session, nint callbacks, nint userData, nint option);

    [LibraryImport(Library)]
    public static partial int nghttp2_session_server_new2(nint* session, nint callbacks, nint userData, nint option);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_del(nint session);

    /// <returns>Bytes taken in, or a negative error after which the session is of no further use.</returns>
    [LibraryImport(Library)]
    public static partial nint nghttp2_session_mem_recv(nint session, byte* data, nuint length);

    /// <returns>Length of the bytes at <paramref name="data"/>, valid until the next call; zero when nothing waits; or an error.</returns>
    [LibraryImport(Library)]
    public static partial nint nghttp2_session_mem_send(nint session, byte** data);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_want_read(nint session);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_want_write(nint session);

    /// <returns>The stream's number, or a negative error.</returns>
    [LibraryImport(Library)]
    public static partial int nghttp2_submit_request(
        nint session, nint priority, NghttpField* fields, nuint count, NghttpDataProvider* data, nint streamUserData);

    [LibraryImport(Library)]
    public static partial int nghttp2_submit_response(
        nint session, int stream, NghttpField* fields, nuint count, NghttpDataProvider* data);

    [LibraryImport(Library)]
    public static partial int nghttp2_submit_headers(
        nint session, byte flags, int stream, nint priority, NghttpField* fields, nuint count, nint streamUserData);

    [LibraryImport(Library)]
    public static partial int nghttp2_submit_trailer(nint session, int stream, NghttpField* fields, nuint count);

    [LibraryImport(Library)]
    public static partial int nghttp2_submit_data(nint session, byte flags, int stream, NghttpDataProvider* data);

    [LibraryImport(Library)]
    public static partial void nghttp2_submit_rst_stream(nint session, byte flags, int stream, uint errorCode);

    [LibraryImport(Library)]
    public static partial void nghttp2_submit_settings(nint session, byte flags, NghttpSetting* settings, nuint count);

    [LibraryImport(Library)]
    public static partial void nghttp2_submit_ping(nint session, byte flags, byte* opaque);

    [LibraryImport(Library)]
    public static partial void nghttp2_submit_goaway(
        nint session, byte flags, int lastStream, uint errorCode, byte* opaque, nuint opaqueLength);

    /// <summary>The first of two GOAWAYs: no stream is refused yet (RFC 9113, 6.8).</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_submit_shutdown_notice(nint session);

    [LibraryImport(Library)]
    public static partial void nghttp2_submit_window_update(nint session, byte flags, int stream, int increment);

    /// <summary>Makes the window of the connection (stream 0) or of a stream that size and tells the peer.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_session_set_local_window_size(nint session, byte flags, int stream, int size);

    /// <summary>Sends GOAWAY and ends the session once it is out.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_session_terminate_session(nint session, uint errorCode);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_terminate_session2(nint session, int lastStream, uint errorCode);

    /// <summary>Bytes were consumed: they count for the stream's and the connection's window.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_session_consume(nint session, int stream, nuint size);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_consume_connection(nint session, nuint size);

    [LibraryImport(Library)]
    public static partial void nghttp2_session_consume_stream(nint session, int stream, nuint size);

    /// <summary>Asks again for data of a stream whose source had none.</summary>
    [LibraryImport(Library)]
    public static partial void nghttp2_session_resume_data(nint session, int stream);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial uint nghttp2_session_get_remote_settings(nint session, int id);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_get_remote_window_size(nint session);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_get_stream_remote_window_size(nint session, int stream);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_get_last_proc_stream_id(nint session);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial uint nghttp2_session_get_next_stream_id(nint session);

    /// <returns>1 when our END_STREAM was sent, 0 when not, -1 when there is no such stream.</returns>
    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_get_stream_local_close(nint session, int stream);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int nghttp2_session_check_request_allowed(nint session);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nuint nghttp2_session_get_outbound_queue_size(nint session);

    [LibraryImport(Library)]
    public static partial byte* nghttp2_strerror(int error);
}
