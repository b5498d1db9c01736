using System.Text;
using Portico.Http.Messages;

namespace Portico.Proxy.Requests;

/// <summary>
/// Where a backend sends the request instead of answering it (X-Accel-Redirect): another path of the same host, asked for by GET or HEAD and
/// without a body. Every policy of the route that takes that path holds, as for a client that had asked for it.
/// </summary>
internal sealed partial class RequestContext
{
    /// <summary>nginx follows so many before it takes them for a circle.</summary>
    private const int MostInternalRedirects = 10;

    private static readonly string[] CarriedNames = ["Content-Disposition", "Cache-Control", "Expires"];

    private readonly ByteBuilder _carriedHeaders = new();
    private int _internalRedirects;

    /// <summary>Path and query to go on with; null when nothing was said, or it is followed already.</summary>
    public byte[]? InternalTarget { get; private set; }

    /// <summary>Whether the request is on its way to where a backend sent it; it was counted before.</summary>
    public bool IsInternal => _internalRedirects > 0;

    /// <summary>Notes the target, and what of the response goes to the client whoever answers (as in nginx, besides the cookies).</summary>
    public void RedirectInternally(ReadOnlySpan<byte> target, HeaderBlock response)
    {
        InternalTarget = Escaped(target);
        foreach (ref readonly var field in response.Fields)
        {
            var name = response.Name(in field);
            if (field.Id == HeaderId.SetCookie)
            {
                if (SessionCookies.Length > 0)
                {
                    SessionCookies.Append((byte)'\n');
                }

                SessionCookies.Append(response.Value(in field));
            }
            else if (field.Id == HeaderId.Other && IsCarried(name))
            {
                AppendLine(_carriedHeaders, name);
                AppendLine(_carriedHeaders, response.Value(in field));
            }
        }
    }

    /// <summary>Begins anew with the target; false when that happened too often.</summary>
    public bool FollowInternalRedirect()
    {
        _insteadOfTarget = InternalTarget;
        InternalTarget = null;
        Route = null;
        Backend = null;
        Canary = null;
        IsRewritten = false;
        Groups.Clear();
        HasForwardedPrefix = false;
        Location.Clear();
        Challenge = null;
        AuthAnswer = null;
        EndErrorPage();
        OmitsBody = true;
        return ++_internalRedirects <= MostInternalRedirects;
    }

    /// <summary>Writes what earlier responses have left behind.</summary>
    public void WriteCarriedHeaders(IHeaderWriter writer)
    {
        var rest = _carriedHeaders.Written;
        while (rest.Length > 0)
        {
            var name = TakeLine(ref rest);
            writer.Add(name, TakeLine(ref rest));
        }
    }

    private void EndInternalRedirects()
    {
        InternalTarget = null;
        _internalRedirects = 0;
        _carriedHeaders.Clear();
    }

    /// <summary>What would break a request line, or end the path, is encoded.</summary>
    private byte[] Escaped(ReadOnlySpan<byte> target)
    {
        Scratch.Clear();
        foreach (var value in target)
        {
            if (value is > 0x20 and < 0x7F and not (byte)'#')
            {
                Scratch.Append(value);
            }
            else
            {
                Scratch.Append((byte)'%');
                Scratch.AppendHex(value);
            }
        }

        return Scratch.Written.ToArray();
    }

    private static bool IsCarried(ReadOnlySpan<byte> name)
    {
        foreach (var carried in CarriedNames)
        {
            if (Ascii.EqualsIgnoreCase(name, carried))
            {
                return true;
            }
        }

        return false;
    }

    private static void AppendLine(ByteBuilder output, ReadOnlySpan<byte> text)
    {
        output.Append(text);
        output.Append((byte)'\n');
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line;
    }
}
