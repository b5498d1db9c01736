namespace Portico.Proxy.Routing;

/// <summary>What <see cref="NormalizedPath.Normalize"/> made of a path.</summary>
public enum PathForm
{
    /// <summary>The normalised path is the beginning of the path as sent; nothing was copied.</summary>
    AsSent,

    /// <summary>The normalised path stands in the scratch buffer.</summary>
    Resolved,

    /// <summary>Leaves the root, holds a broken escape or an escaped NUL, or does not start with a slash: 400.</summary>
    Invalid,
}

/// <summary>
/// The path that routes are matched with, made as nginx makes its <c>$uri</c> (ngx_http_parse_complex_uri): percent-decoded,
/// slashes merged, <c>.</c> and <c>..</c> resolved, cut at a <c>#</c>. Escaped slashes and dots count as such. The backend never
/// sees it unless a rewrite applies. Pure; any thread.
/// </summary>
public static class NormalizedPath
{
    /// <summary>Normalises a path.</summary>
    /// <param name="raw">The path as sent, without its query. Empty stands for <c>/</c>.</param>
    /// <param name="scratch">At least as long as <paramref name="raw"/>, and not empty.</param>
    /// <param name="length">The length of the result, at the start of <paramref name="raw"/> or of <paramref name="scratch"/>.</param>
    public static PathForm Normalize(ReadOnlySpan<byte> raw, Span<byte> scratch, out int length)
    {
        var end = raw.IndexOfAny((byte)'#', (byte)'?');
        var path = end < 0 ? raw : raw[..end];
        if (path.IsEmpty && (raw.IsEmpty || raw[0] == '?'))
        {
            scratch[0] = (byte)'/';
            length = 1;
            return PathForm.Resolved;
        }

        length = path.Length;
        if (path.IsEmpty || path[0] != '/')
        {
            return PathForm.Invalid;
        }

        if (!path.Contains((byte)'%') && path.IndexOf("//"u8) < 0 && path.IndexOf("/."u8) < 0)
        {
            return PathForm.AsSent;
        }

        return TryResolve(path, scratch, out length) ? PathForm.Resolved : PathForm.Invalid;
    }

    /// <summary>The same for callers that do not keep the path across an await. False means 400.</summary>
    public static bool TryNormalize(ReadOnlySpan<byte> raw, Span<byte> scratch, out ReadOnlySpan<byte> path)
    {
        var form = Normalize(raw, scratch, out var length);
        path = form == PathForm.AsSent ? raw[..length] : form == PathForm.Resolved ? scratch[..length] : default;
        return form != PathForm.Invalid;
    }

    private static bool TryResolve(ReadOnlySpan<byte> raw, Span<byte> output, out int length)
    {
        // output[..written] is resolved but for its last segment, which starts behind the last slash, at segment.
        output[0] = (byte)'/';
        length = 0;
        var written = 1;
        var segment = 1;
        for (var i = 1; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c == '%')
            {
                // An escaped NUL is refused like a broken escape.
                if (!PercentEncoding.TryReadEscape(raw[i..], out c) || c == 0)
                {
                    return false;
                }

                i += 2;
            }

            if (c != '/')
            {
                output[written++] = c;
                continue;
            }

            if (!TryCloseSegment(output, ref segment, ref written))
            {
                return false;
            }

            if (written > segment)
            {
                output[written++] = (byte)'/';
                segment = written;
            }
        }

        var valid = TryCloseSegment(output, ref segment, ref written);
        length = written;
        return valid;
    }

    /// <summary>Takes a last segment <c>.</c> or <c>..</c> away; false when that leaves the root.</summary>
    private static bool TryCloseSegment(Span<byte> output, ref int segment, ref int written)
    {
        var last = output[segment..written];
        if (last.SequenceEqual("."u8))
        {
            written = segment;
        }
        else if (last.SequenceEqual(".."u8))
        {
            if (segment == 1)
            {
                return false;
            }

            segment = output[..(segment - 1)].LastIndexOf((byte)'/') + 1;
            written = segment;
        }

        return true;
    }
}
