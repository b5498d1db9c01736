using Portico.TestKit.Http2;
using static Portico.TestKit.Http2.FrameFlag;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Frames: sizes, streams, states, padding, windows.</summary>
internal static partial class Violations
{
    private const int LargerThanAllowed = (16 * 1024) + 1;

    private static (string Name, string Value)[] Get => Http2Bytes.Request("GET", "/");

    private static IEnumerable<Violation> FrameSizes() =>
    [
        OfConnection("4.2", "a DATA frame larger than SETTINGS_MAX_FRAME_SIZE", Http2Error.FrameSizeError, Bytes.Post(1).Frame(FrameType.Data, None, 1, new byte[LargerThanAllowed])),
        OfConnection("4.2", "a HEADERS frame larger than SETTINGS_MAX_FRAME_SIZE", Http2Error.FrameSizeError, Bytes.Frame(FrameType.Headers, EndHeaders | EndStream, 1, new byte[LargerThanAllowed])),
        OfConnection("6.3", "a PRIORITY frame of four bytes", Http2Error.FrameSizeError, Bytes.Frame(FrameType.Priority, None, 1, new byte[4])),
        OfConnection("6.4", "an RST_STREAM frame of three bytes", Http2Error.FrameSizeError, Bytes.Post(1).Frame(FrameType.Reset, None, 1, new byte[3])),
        OfConnection("6.5", "a SETTINGS frame of seven bytes", Http2Error.FrameSizeError, Bytes.Frame(FrameType.Settings, None, 0, new byte[7])),
        OfConnection("6.5", "a SETTINGS acknowledgement with a payload", Http2Error.FrameSizeError, Bytes.Frame(FrameType.Settings, Ack, 0, new byte[6])),
        OfConnection("6.7", "a PING frame of six bytes", Http2Error.FrameSizeError, Bytes.Frame(FrameType.Ping, None, 0, new byte[6])),
        OfConnection("6.8", "a GOAWAY frame of seven bytes", Http2Error.FrameSizeError, Bytes.Frame(FrameType.GoAway, None, 0, new byte[7])),
        OfConnection("6.9", "a WINDOW_UPDATE frame of three bytes", Http2Error.FrameSizeError, Bytes.Frame(FrameType.WindowUpdate, None, 0, new byte[3])),
    ];

    private static IEnumerable<Violation> StreamNumbers() =>
    [
        OfConnection("6.1", "DATA on stream 0", Http2Error.ProtocolError, Bytes.Frame(FrameType.Data, None, 0, new byte[1])),
        OfConnection("6.2", "HEADERS on stream 0", Http2Error.ProtocolError, Bytes.Headers(0, EndHeaders | EndStream, Get)),
        OfConnection("6.3", "PRIORITY on stream 0", Http2Error.ProtocolError, Bytes.Frame(FrameType.Priority, None, 0, [0, 0, 0, 1, 0])),
        OfConnection("6.4", "RST_STREAM on stream 0", Http2Error.ProtocolError, Bytes.Reset(0, Http2Error.Cancel)),
        OfConnection("6.5", "SETTINGS on a stream", Http2Error.ProtocolError, Bytes.Frame(FrameType.Settings, None, 1, new byte[6])),
        OfConnection("6.7", "PING on a stream", Http2Error.ProtocolError, Bytes.Frame(FrameType.Ping, None, 1, new byte[8])),
        OfConnection("6.8", "GOAWAY on a stream", Http2Error.ProtocolError, Bytes.Frame(FrameType.GoAway, None, 1, new byte[8])),
        OfConnection("6.10", "CONTINUATION on stream 0", Http2Error.ProtocolError, Bytes.Frame(FrameType.Continuation, EndHeaders, 0, new byte[1])),
        OfConnection("5.1.1", "a stream with an even number", Http2Error.ProtocolError, Bytes.Get(2)),
        OfConnection("5.1.1", "a stream with a number below an earlier one", Http2Error.ProtocolError, Bytes.Get(5).Get(3)),
        OfConnection("8.4", "a PUSH_PROMISE of a client", Http2Error.ProtocolError, Bytes.Post(1).Frame(FrameType.PushPromise, EndHeaders, 1, [0, 0, 0, 2])),
    ];

    private static IEnumerable<Violation> States() =>
    [
        OfConnection("5.1", "DATA on an idle stream", Http2Error.ProtocolError, Bytes.Data(1, "x")),
        OfConnection("5.1", "RST_STREAM on an idle stream", Http2Error.ProtocolError, Bytes.Reset(1, Http2Error.Cancel)),
        OfConnection("5.1", "WINDOW_UPDATE on an idle stream", Http2Error.ProtocolError, Bytes.WindowUpdate(1, 1)),
        OfConnection("5.1", "CONTINUATION on an idle stream", Http2Error.ProtocolError, Bytes.Frame(FrameType.Continuation, EndHeaders, 1, new byte[1])),
        OfConnection("5.1", "DATA behind the end of the stream", Http2Error.StreamClosed, Bytes.Get(1).Data(1, "x")),
        OfConnection("5.1", "HEADERS behind the end of the stream", Http2Error.StreamClosed, Bytes.Get(1).Get(1)),
        OfConnection("5.1", "CONTINUATION behind the end of the stream", Http2Error.ProtocolError, Bytes.Get(1).Frame(FrameType.Continuation, EndHeaders, 1, new byte[1])),
        OfConnection("6.2", "a frame of another stream inside a header block", Http2Error.ProtocolError, Bytes.Headers(1, EndStream, Get).Frame(FrameType.Priority, None, 3, [0, 0, 0, 1, 0])),
        OfConnection("6.10", "a frame of the same stream inside a header block", Http2Error.ProtocolError, Bytes.Headers(1, None, Get).Data(1, "x")),
        OfConnection("6.10", "CONTINUATION of another stream", Http2Error.ProtocolError, Bytes.Headers(1, EndStream, Get).Frame(FrameType.Continuation, EndHeaders, 3, default)),
        OfConnection("6.10", "CONTINUATION behind END_HEADERS", Http2Error.ProtocolError, Bytes.Post(1).Frame(FrameType.Continuation, EndHeaders, 1, default)),
        OfConnection("5.5", "an unknown frame inside a header block", Http2Error.ProtocolError, Bytes.Headers(1, EndStream, Get).Frame(0x20, None, 0, new byte[8])),
        OfStream("8.1", "a second HEADERS without END_STREAM", Http2Error.ProtocolError, Bytes.Post(1).Headers(1, EndHeaders, ("x-test", "1"))),
    ];

    private static IEnumerable<Violation> Paddings() =>
    [
        OfConnection("6.1", "DATA with more padding than payload", Http2Error.ProtocolError, Bytes.Post(1).Frame(FrameType.Data, Padded, 1, [5, 0, 0])),
        OfConnection("6.1", "padded DATA without a length of the padding", Http2Error.ProtocolError, Bytes.Post(1).Frame(FrameType.Data, Padded, 1, default)),
        OfConnection("6.2", "HEADERS with more padding than payload", Http2Error.ProtocolError, Bytes.Frame(FrameType.Headers, Padded | EndHeaders | EndStream, 1, [200, 0, 0])),
        // Errors of a stream may be treated as the connection's (5.4), which libnghttp2 does with the next three.
        OfConnection("5.3.1 of RFC 7540", "HEADERS that depend on their own stream", Http2Error.ProtocolError, Bytes.Frame(FrameType.Headers, FrameFlag.Priority | EndHeaders | EndStream, 1, [0, 0, 0, 1, 15, .. Http2Bytes.Block(Get)])),
        OfConnection("5.3.1 of RFC 7540", "PRIORITY that makes a stream depend on itself", Http2Error.ProtocolError, Bytes.Post(1).Frame(FrameType.Priority, None, 1, [0, 0, 0, 1, 15])),
    ];

    private static IEnumerable<Violation> Windows() =>
    [
        OfConnection("6.9", "a WINDOW_UPDATE of 0 for the connection", Http2Error.ProtocolError, Bytes.WindowUpdate(0, 0)),
        OfConnection("6.9", "a WINDOW_UPDATE of 0 for a stream", Http2Error.ProtocolError, Bytes.Post(1).WindowUpdate(1, 0)),
        OfConnection("6.9.1", "a window of the connection beyond 2^31-1", Http2Error.FlowControlError, Bytes.WindowUpdate(0, int.MaxValue)),
        OfStream("6.9.1", "a window of a stream beyond 2^31-1", Http2Error.FlowControlError, Bytes.Post(1).WindowUpdate(1, int.MaxValue)),
        OfConnection("6.9.2", "SETTINGS_INITIAL_WINDOW_SIZE beyond 2^31-1", Http2Error.FlowControlError, Bytes.Settings((4, 0x8000_0000))),
        OfConnection("6.5.2", "SETTINGS_ENABLE_PUSH that is neither 0 nor 1", Http2Error.ProtocolError, Bytes.Settings((2, 2))),
        OfConnection("6.5.2", "SETTINGS_MAX_FRAME_SIZE below 2^14", Http2Error.ProtocolError, Bytes.Settings((5, 16383))),
        OfConnection("6.5.2", "SETTINGS_MAX_FRAME_SIZE beyond 2^24-1", Http2Error.ProtocolError, Bytes.Settings((5, 16777216))),
    ];
}
