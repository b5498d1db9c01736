using System.Buffers.Binary;
using System.Globalization;

namespace Portico.TestKit.Http2;

/// <summary>Frame types (RFC 9113, section 6).</summary>
public static class FrameType
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Priority = 2;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte PushPromise = 5;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;
}

/// <summary>Frame flags.</summary>
public static class FrameFlag
{
    public const byte None = 0;
    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;
    public const byte Padded = 8;
    public const byte Priority = 0x20;
}

/// <summary>Error codes (RFC 9113, section 7).</summary>
public enum Http2Error : uint
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
}

/// <summary>A frame as it was read.</summary>
public sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const int HeaderLength = 9;

    public bool EndsStream => Type is FrameType.Data or FrameType.Headers && (Flags & FrameFlag.EndStream) != 0;

    public bool IsAcknowledgement => (Flags & FrameFlag.Ack) != 0;

    /// <summary>Of RST_STREAM and GOAWAY.</summary>
    public Http2Error Error => (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));

    /// <summary>Of GOAWAY.</summary>
    public int LastStream => BinaryPrimitives.ReadInt32BigEndian(Payload);

    /// <summary>Of WINDOW_UPDATE.</summary>
    public int Increment => BinaryPrimitives.ReadInt32BigEndian(Payload);

    public override string ToString()
    {
        var names = new[] { "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION" };
        var error = Type is FrameType.Reset or FrameType.GoAway ? " " + Error : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(Type < names.Length ? names[Type] : "?")} stream {Stream} flags {Flags} length {Payload.Length}{error}");
    }
}
