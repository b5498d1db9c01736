using Portico.Http.Http2.Native;

namespace Portico.Http.Http2;

/// <summary>A frame as libnghttp2 shows it; valid only inside the handler that was given it.</summary>
internal readonly unsafe ref struct Http2Frame(NghttpFrame* frame)
{
    public const int HeaderLength = 9;

    public Http2FrameType Type => frame->Header.Type;

    public Http2FrameFlags Flags => frame->Header.Flags;

    public int Stream => frame->Header.StreamId;

    /// <summary>Length of the payload as it came.</summary>
    public int Length => (int)frame->Header.Length;

    /// <summary>Of SETTINGS and PING.</summary>
    public bool IsAcknowledgement => (Flags & Http2FrameFlags.EndStream) != 0;

    /// <summary>Of DATA and HEADERS.</summary>
    public bool EndsStream => (Flags & Http2FrameFlags.EndStream) != 0;

    /// <summary>Of HEADERS.</summary>
    public Http2HeadersCategory HeadersCategory => frame->HeadersCategory;

    /// <summary>Of RST_STREAM.</summary>
    public Http2ErrorCode ResetError => frame->ResetError;

    /// <summary>Of GOAWAY: streams above were not touched.</summary>
    public int GoAwayLastStream => frame->GoAwayLastStream;

    public Http2ErrorCode GoAwayError => frame->GoAwayError;

    /// <summary>Of PING.</summary>
    public ulong PingOpaque => frame->PingOpaque;

    /// <summary>Of WINDOW_UPDATE.</summary>
    public int WindowIncrement => frame->WindowIncrement;
}
