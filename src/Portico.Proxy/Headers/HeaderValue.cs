using System.Buffers;

namespace Portico.Proxy.Headers;

/// <summary>
/// Keeps values that are put together from parts of a request from becoming more than one header line. A decoded path
/// may hold CR and LF; RFC 9110, 5.5 has them replaced by a blank.
/// </summary>
internal static class HeaderValue
{
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create(ControlBytes());

    /// <summary>Replaces the control bytes (except the tab) in place.</summary>
    public static void Clean(Span<byte> value)
    {
        for (var i = value.IndexOfAny(Forbidden); i >= 0; i = value.IndexOfAny(Forbidden))
        {
            value[i] = (byte)' ';
            value = value[(i + 1)..];
        }
    }

    public static byte[] Clean(byte[] value)
    {
        Clean(value.AsSpan());
        return value;
    }

    private static byte[] ControlBytes() => [.. Enumerable.Range(0, 0x20).Append(0x7F).Where(b => b != '\t').Select(b => (byte)b)];
}
