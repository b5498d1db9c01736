namespace Portico.Http.Http2;

/// <summary>RFC 9113, section 6.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

[Flags]
internal enum Http2FrameFlags : byte
{
    None = 0,

    /// <summary>Of DATA and HEADERS; the same bit says ACK of SETTINGS and PING.</summary>
    EndStream = 0x1,

    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>RFC 9113, section 7.</summary>
internal enum Http2ErrorCode : uint
{
    NoError = 0,
    ProtocolError = 1,
    InternalError = 2,
    FlowControlError = 3,
    SettingsTimeout = 4,
    StreamClosed = 5,
    FrameSizeError = 6,
    RefusedStream = 7,
    Cancel = 8,
    CompressionError = 9,
    ConnectError = 10,
    EnhanceYourCalm = 11,
    InadequateSecurity = 12,
    Http11Required = 13,
}

/// <summary>RFC 9113, section 6.5.2, and RFC 8441.</summary>
internal enum Http2SettingId
{
    HeaderTableSize = 1,
    EnablePush = 2,
    MaxConcurrentStreams = 3,
    InitialWindowSize = 4,
    MaxFrameSize = 5,
    MaxHeaderListSize = 6,
    EnableConnectProtocol = 8,
    NoRfc7540Priorities = 9,
}

/// <summary>What a HEADERS frame is for the stream, as libnghttp2 tells it.</summary>
internal enum Http2HeadersCategory
{
    Request = 0,

    /// <summary>The first response head of a stream; with an interim status, the next ones are <see cref="Further"/>.</summary>
    Response = 1,

    PushResponse = 2,

    /// <summary>Trailers, or a response head after an interim one.</summary>
    Further = 3,
}
