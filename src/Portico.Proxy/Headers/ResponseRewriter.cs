using System.Text;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Headers;

/// <summary>
/// Replaces what a backend says about places and cookies, as nginx's proxy_redirect, proxy_cookie_domain and proxy_cookie_path do with plain
/// texts. A header in which nothing is replaced goes out as it came. Immutable, shared by all shards.
/// </summary>
internal sealed class ResponseRewriter(ResponseRewritePolicy policy)
{
    private readonly ByteReplacement? _redirect = ByteReplacement.Of(policy.Redirect);
    private readonly ByteReplacement? _cookieDomain = ByteReplacement.Of(policy.CookieDomain, withoutDot: true);
    private readonly ByteReplacement? _cookiePath = ByteReplacement.Of(policy.CookiePath);

    public bool Looks(HeaderId id) => id switch
    {
        HeaderId.Location or HeaderId.Refresh => _redirect is not null,
        HeaderId.SetCookie => _cookieDomain is not null || _cookiePath is not null,
        _ => false,
    };

    /// <summary>Gives the value to send: that of the backend, or one put together in the request's scratch.</summary>
    public ReadOnlySpan<byte> Rewrite(RequestContext context, HeaderId id, ReadOnlySpan<byte> value)
    {
        var scratch = context.Scratch;
        scratch.Clear();
        var replaced = id switch
        {
            HeaderId.Location => RewriteLocation(context, value, scratch),
            HeaderId.Refresh => RewriteRefresh(value, scratch),
            _ => RewriteCookie(value, scratch),
        };
        return replaced ? scratch.Written : value;
    }

    private bool RewriteLocation(RequestContext context, ReadOnlySpan<byte> value, ByteBuilder output)
    {
        if (!value.StartsWith(_redirect!.From))
        {
            return false;
        }

        // nginx completes what it has replaced itself; a relative Location that the backend wrote stays relative.
        if (!policy.Relative && context.HasHost && _redirect.To is [(byte)'/', ..])
        {
            RequestOrigin.Append(context, context.HostName, policy.WithPort, output);
        }

        output.Append(_redirect.To);
        output.Append(value[_redirect.From.Length..]);
        return true;
    }

    /// <summary><c>Refresh: 5; url=/place</c>: only the place is looked at.</summary>
    private bool RewriteRefresh(ReadOnlySpan<byte> value, ByteBuilder output)
    {
        for (var at = 0; at + 4 <= value.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(value.Slice(at, 4), "url="u8))
            {
                var url = value[(at + 4)..];
                if (!url.StartsWith(_redirect!.From))
                {
                    return false;
                }

                output.Append(value[..(at + 4)]);
                output.Append(_redirect.To);
                output.Append(url[_redirect.From.Length..]);
                return true;
            }
        }

        return false;
    }

    /// <summary>Attributes keep their order; a cookie in which one is replaced gets "; " between all of them.</summary>
    private bool RewriteCookie(ReadOnlySpan<byte> value, ByteBuilder output)
    {
        var replaced = false;
        var first = true;
        while (true)
        {
            var end = value.IndexOf((byte)';');
            var part = Trim(end < 0 ? value : value[..end]);
            if (!first)
            {
                output.Append("; "u8);
            }

            if (first || !RewriteAttribute(part, output))
            {
                output.Append(part);
            }
            else
            {
                replaced = true;
            }

            if (end < 0)
            {
                return replaced;
            }

            first = false;
            value = value[(end + 1)..];
        }
    }

    private bool RewriteAttribute(ReadOnlySpan<byte> attribute, ByteBuilder output)
    {
        var equals = attribute.IndexOf((byte)'=');
        if (equals < 0)
        {
            return false;
        }

        var name = attribute[..equals];
        var value = attribute[(equals + 1)..];
        if (_cookieDomain is { } domain && Ascii.EqualsIgnoreCase(name, "domain"u8))
        {
            var dot = value is [(byte)'.', ..] ? 1 : 0;
            if (!Ascii.EqualsIgnoreCase(value[dot..], domain.From))
            {
                return false;
            }

            output.Append(attribute[..(equals + 1 + dot)]);
            output.Append(domain.To);
            return true;
        }

        if (_cookiePath is { } path && Ascii.EqualsIgnoreCase(name, "path"u8) && value.StartsWith(path.From))
        {
            output.Append(attribute[..(equals + 1)]);
            output.Append(path.To);
            output.Append(value[path.From.Length..]);
            return true;
        }

        return false;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim((byte)' ');

    private sealed record ByteReplacement(byte[] From, byte[] To)
    {
        public static ByteReplacement? Of(TextReplacement? text, bool withoutDot = false) =>
            text is null ? null : new(Encoding.ASCII.GetBytes(withoutDot && text.From.StartsWith('.') ? text.From[1..] : text.From), Encoding.ASCII.GetBytes(text.To));
    }
}
