using System.Buffers;

namespace Portico.Proxy.Routing;

/// <summary>
/// Percent-encodes a path that a rewrite made, byte for byte what nginx's ngx_escape_uri (NGX_ESCAPE_URI) does: blank, <c># % ?</c>,
/// <c>" &lt; &gt; \ ^ ` { | }</c>, control and non-ASCII bytes, upper-case hex. Pure; any thread.
/// </summary>
public static class PathEscaping
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "!$&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~"u8);

    public static bool NeedsEscaping(ReadOnlySpan<byte> path) => path.ContainsAnyExcept(Plain);

    public static int EscapedLength(ReadOnlySpan<byte> path)
    {
        var length = path.Length;
        foreach (var b in path)
        {
            length += Plain.Contains(b) ? 0 : 2;
        }

        return length;
    }

    /// <summary>Writes the encoded path and returns its length, <see cref="EscapedLength"/> (at most three times that of the path).</summary>
    public static int Escape(ReadOnlySpan<byte> path, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var plain = path.IndexOfAnyExcept(Plain);
            var run = plain < 0 ? path : path[..plain];
            run.CopyTo(destination[written..]);
            written += run.Length;
            if (plain < 0)
            {
                return written;
            }

            var b = path[plain];
            destination[written] = (byte)'%';
            destination[written + 1] = "0123456789ABCDEF"u8[b >> 4];
            destination[written + 2] = "0123456789ABCDEF"u8[b & 0xF];
            written += 3;
            path = path[(plain + 1)..];
        }
    }
}
