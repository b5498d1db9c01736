using System.Runtime.InteropServices;

namespace Portico.Http.Http2.Native;

/// <summary><c>nghttp2_nv</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NghttpField
{
    public byte* Name;
    public byte* Value;
    public nuint NameLength;
    public nuint ValueLength;
    public byte Flags;
}

/// <summary><c>nghttp2_settings_entry</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NghttpSetting(Http2SettingId id, uint value)
{
    public readonly int Id = (int)id;
    public readonly uint Value = value;
}

/// <summary><c>nghttp2_data_provider</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NghttpDataProvider
{
    public nint Source;
    public delegate* unmanaged[Cdecl]<nint, int, byte*, nuint, uint*, nint*, nint, nint> Read;
}

/// <summary><c>nghttp2_frame_hd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NghttpFrameHeader
{
    public nuint Length;
    public int StreamId;
    public Http2FrameType Type;
    public Http2FrameFlags Flags;
    private byte _reserved;
}

/// <summary>The union <c>nghttp2_frame</c>; which members hold is told by the type in its header.</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct NghttpFrame
{
    [FieldOffset(0)]
    public NghttpFrameHeader Header;

    /// <summary>DATA: padding including its length byte.</summary>
    [FieldOffset(16)]
    public nuint PaddingLength;

    /// <summary>HEADERS.</summary>
    [FieldOffset(56)]
    public Http2HeadersCategory HeadersCategory;

    /// <summary>RST_STREAM.</summary>
    [FieldOffset(16)]
    public Http2ErrorCode ResetError;

    /// <summary>SETTINGS.</summary>
    [FieldOffset(16)]
    public nuint SettingsCount;

    [FieldOffset(24)]
    public NghttpSetting* Settings;

    /// <summary>PING: eight bytes.</summary>
    [FieldOffset(16)]
    public ulong PingOpaque;

    /// <summary>GOAWAY.</summary>
    [FieldOffset(16)]
    public int GoAwayLastStream;

    [FieldOffset(20)]
    public Http2ErrorCode GoAwayError;

    /// <summary>WINDOW_UPDATE.</summary>
    [FieldOffset(16)]
    public int WindowIncrement;
}
