using System.Buffers.Text;
using System.Text;
using Portico.Http.Messages;

namespace Portico.Proxy.Requests;

/// <summary>What the client asked, and what the gateway makes of it.</summary>
internal static partial class Variables
{
    private static IEnumerable<Declaration> RequestVariables() =>
    [
        new("request", AppendRequestLine),
        new("request_method", static (c, o) => AppendUnlessEmpty(o, c.Head.MethodToken)),
        new("request_uri", static (c, o) => c.Head.TargetRange.Length > 0 && Append(o, c.Head.PathAndQuery)),
        new("escaped_request_uri", AppendEscapedRequestUri),
        new("uri", static (c, o) => c.Head.TargetRange.Length > 0 && Append(o, c.CurrentPath)),
        new("document_uri", static (c, o) => c.Head.TargetRange.Length > 0 && Append(o, c.CurrentPath)),
        new("fastcgi_script_name", AppendScriptName),
        new("fastcgi_path_info", static (_, _) => false),
        // nginx as ingress-nginx builds it serves no files; its root is what it was built with.
        new("document_root", static (_, o) => Append(o, "/usr/local/nginx/html"u8)),
        new("realpath_root", static (_, o) => Append(o, "/usr/local/nginx/html"u8)),
        new("args", static (c, o) => AppendUnlessEmpty(o, c.Query)),
        new("query_string", static (c, o) => AppendUnlessEmpty(o, c.Query)),
        new("is_args", static (c, o) => Append(o, c.Query.Length > 0 ? "?"u8 : default)),
        new("server_protocol", static (c, o) => Append(o, ProtocolName(c.Head.Version))),
        new("host", static (c, o) => Append(o, c.HostName)),
        new("server_name", static (c, o) => Append(o, c.ServerName)),
        new("content_length", static (c, o) => c.Head.Headers.TryGet(HeaderId.ContentLength, out var value) && Append(o, value)),
        new("content_type", static (c, o) => c.Head.Headers.TryGet(HeaderId.ContentType, out var value) && Append(o, value)),
        new("remote_user", AppendRemoteUser),
        new("request_id", static (c, o) => Append(o, c.GeneratedId)),
        new("req_id", static (c, o) => AppendUnlessEmpty(o, c.RequestId)),
        new("best_http_host", static (c, o) => Append(o, c.BestHost)),
        new("pass_access_scheme", static (c, o) => Append(o, c.EffectiveScheme)),
        new("pass_server_port", AppendPassPort),
        new("pass_port", AppendPassPort),
    ];

    private static ReadOnlySpan<byte> ProtocolName(HttpVersion version) => version switch
    {
        HttpVersion.Http10 => "HTTP/1.0"u8,
        HttpVersion.Http2 => "HTTP/2.0"u8,
        _ => "HTTP/1.1"u8,
    };

    /// <summary>The path, and the index file of the route where the path ends in a slash.</summary>
    private static bool AppendScriptName(RequestContext context, ByteBuilder output)
    {
        var path = context.CurrentPath;
        output.Append(path);
        if (path is [.., (byte)'/'] && context.Route?.Model.Upstream.FastCgi?.Index is { } index)
        {
            output.Append(index);
        }

        return true;
    }

    /// <summary>The request line put together again; unset when none could be read.</summary>
    private static bool AppendRequestLine(RequestContext context, ByteBuilder output)
    {
        var head = context.Head;
        if (head.MethodToken.Length == 0)
        {
            return false;
        }

        output.Append(head.MethodToken);
        output.Append((byte)' ');
        output.Append(head.Target);
        output.Append((byte)' ');
        output.Append(ProtocolName(head.Version));
        return true;
    }

    /// <summary>
    /// As set-misc's set_escape_uri writes it, with which ingress-nginx makes the way back of its sign-in pages: controls, blanks, quotes
    /// and what means something in a URL as %XX.
    /// </summary>
    private static bool AppendEscapedRequestUri(RequestContext context, ByteBuilder output)
    {
        if (context.Head.TargetRange.Length == 0)
        {
            return false;
        }

        foreach (var value in context.Head.PathAndQuery)
        {
            if (value is > 0x20 and < 0x7F && !"\"#%&+/:;<=>?[\\]^{}"u8.Contains(value))
            {
                output.Append(value);
            }
            else
            {
                output.Append((byte)'%');
                output.AppendHex(value);
            }
        }

        return true;
    }

    /// <summary>The user name of Basic credentials, whether or not anybody checked them.</summary>
    private static bool AppendRemoteUser(RequestContext context, ByteBuilder output)
    {
        var scheme = "Basic "u8;
        if (!context.Head.Headers.TryGet(HeaderId.Authorization, out var value)
            || value.Length <= scheme.Length
            || !Ascii.EqualsIgnoreCase(value[..scheme.Length], scheme))
        {
            return false;
        }

        var encoded = value[scheme.Length..].Trim((byte)' ');
        var room = output.Reserve(Base64.GetMaxDecodedFromUtf8Length(encoded.Length));
        if (Base64.DecodeFromUtf8(encoded, room, out _, out var length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        var colon = room[..length].IndexOf((byte)':');
        output.Advance(Math.Max(0, colon));
        return colon > 0;
    }

    private static bool AppendPassPort(RequestContext context, ByteBuilder output)
    {
        context.Settings.Identity.AppendPort(context, output);
        return true;
    }
}
