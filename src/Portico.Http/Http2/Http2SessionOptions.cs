using Portico.Http.Http2.Native;

namespace Portico.Http.Http2;

/// <summary>What a session is made with; the defences against floods are always on (RFC 9113, 10.5).</summary>
internal sealed record Http2SessionOptions
{
    /// <summary>Streams that may be opened before the peer's SETTINGS came.</summary>
    public uint PeerMaxConcurrentStreams { get; init; } = 100;

    /// <summary>Largest header block that is sent, in bytes before compression.</summary>
    public int MaxSendHeaderBlockLength { get; init; } = 256 * 1024;

    /// <summary>PING and SETTINGS acknowledgements that may wait for a peer that does not read.</summary>
    public int MaxOutboundAcknowledgements { get; init; } = 1000;

    /// <summary>Entries of one SETTINGS frame.</summary>
    public int MaxSettings { get; init; } = 32;

    /// <summary>CONTINUATION frames of one header block.</summary>
    public int MaxContinuations { get; init; } = 16;

    /// <summary>Streams that the peer may reset at once, and per second. Zero for the library's own limit.</summary>
    public ulong StreamResetBurst { get; init; }

    public ulong StreamResetRate { get; init; }

    /// <summary>The caller frees it with <see cref="LibNghttp2.nghttp2_option_del"/>.</summary>
    internal unsafe nint CreateNative()
    {
        nint option;
        if (LibNghttp2.nghttp2_option_new(&option) != 0)
        {
            throw new InvalidOperationException("libnghttp2 makes no options");
        }

        LibNghttp2.nghttp2_option_set_no_auto_window_update(option, 1);
        LibNghttp2.nghttp2_option_set_no_closed_streams(option, 1);
        LibNghttp2.nghttp2_option_set_peer_max_concurrent_streams(option, PeerMaxConcurrentStreams);
        LibNghttp2.nghttp2_option_set_max_send_header_block_length(option, (nuint)MaxSendHeaderBlockLength);
        LibNghttp2.nghttp2_option_set_max_outbound_ack(option, (nuint)MaxOutboundAcknowledgements);
        LibNghttp2.nghttp2_option_set_max_settings(option, (nuint)MaxSettings);
        LibNghttp2.nghttp2_option_set_max_continuations(option, (nuint)MaxContinuations);
        if (StreamResetBurst > 0)
        {
            LibNghttp2.nghttp2_option_set_stream_reset_rate_limit(option, StreamResetBurst, StreamResetRate);
        }

        return option;
    }
}
