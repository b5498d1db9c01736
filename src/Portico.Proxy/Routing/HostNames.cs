using System.Buffers;
using System.Text;

namespace Portico.Proxy.Routing;

/// <summary>
/// Brings the text of a Host header or an authority into the form that hosts are looked up with: lower case, without port and
/// without one trailing dot. Pure; any thread.
/// <para>
/// Stricter than nginx 1.27, which lets everything but slashes, blanks and control bytes pass: RFC 9112 section 3.2 wants 400 for a
/// value that is no uri-host with an optional port.
/// </para>
/// </summary>
public static class HostNames
{
    // RFC 3986 reg-name: unreserved, sub-delims and the percent sign.
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;="u8);

    private static readonly SearchValues<byte> LiteralBytes = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>Normalises a host. False means 400: empty, illegal bytes, two dots in a row, a port that is no number.</summary>
    /// <param name="text">Host with or without a port. IPv6 literals stand in brackets and keep them.</param>
    /// <param name="scratch">Room for <paramref name="text"/>; used only when upper-case letters must be changed.</param>
    /// <param name="host">A part of <paramref name="text"/> or of <paramref name="scratch"/>.</param>
    public static bool TryNormalize(ReadOnlySpan<byte> text, Span<byte> scratch, out ReadOnlySpan<byte> host)
    {
        host = default;
        if (!TryCutPort(text, out var name))
        {
            return false;
        }

        if (name.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            Ascii.ToLower(name, scratch, out var length);
            name = scratch[..length];
        }

        host = name;
        return true;
    }

    private static bool TryCutPort(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> name)
    {
        if (!text.IsEmpty && text[0] == '[')
        {
            var close = text.IndexOf((byte)']');
            name = text[..(close + 1)];
            return close > 1 && !text[1..close].ContainsAnyExcept(LiteralBytes) && IsPortOrNothing(text[(close + 1)..]);
        }

        var colon = text.IndexOf((byte)':');
        name = colon < 0 ? text : text[..colon];
        var port = text[name.Length..];
        if (!name.IsEmpty && name[^1] == '.')
        {
            name = name[..^1];
        }

        return !name.IsEmpty && !name.ContainsAnyExcept(NameBytes) && name[^1] != '.' && name.IndexOf(".."u8) < 0 && IsPortOrNothing(port);
    }

    /// <summary>RFC 3986 allows a colon without digits.</summary>
    private static bool IsPortOrNothing(ReadOnlySpan<byte> text) =>
        text.IsEmpty || (text[0] == ':' && !text[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));
}
