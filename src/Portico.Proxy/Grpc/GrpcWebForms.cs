using System.Text;
using Portico.Http.Messages;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Grpc;

/// <summary>How gRPC-Web carries messages: as they are, or in base64 for clients that read text only.</summary>
internal enum GrpcWebForm : byte
{
    /// <summary>No gRPC-Web.</summary>
    None,

    /// <summary><c>application/grpc-web</c>.</summary>
    Binary,

    /// <summary><c>application/grpc-web-text</c>.</summary>
    Text,
}

/// <summary>
/// The media types of gRPC-Web ("Protocol differences vs gRPC over HTTP2"): which requests speak it, and what their type is on the other side.
/// What stands behind the name, a format such as <c>+proto</c> and parameters, is the same on both sides.
/// </summary>
internal static class GrpcWebForms
{
    /// <summary>The form of a request on a route that translates (<c>portico.dev/grpc-web</c>).</summary>
    public static GrpcWebForm Of(RequestContext context) =>
        context.Route?.Model.Upstream.GrpcWeb == true && context.Head.Headers.TryGet(HeaderId.ContentType, out var type) ? Read(type, out _) : GrpcWebForm.None;

    /// <summary>The form of the answer: the client's Accept may ask for text; without a word about it the answer is like the request.</summary>
    public static GrpcWebForm OfAnswer(RequestContext context, GrpcWebForm request) =>
        context.Head.Headers.TryGet(HeaderId.Accept, out var accept) && Read(accept, out _) is var wanted and not GrpcWebForm.None ? wanted : request;

    /// <param name="suffix">What stands behind the name.</param>
    public static GrpcWebForm Read(ReadOnlySpan<byte> contentType, out ReadOnlySpan<byte> suffix)
    {
        var form = StartsWith(contentType, "application/grpc-web-text"u8) ? GrpcWebForm.Text
            : StartsWith(contentType, "application/grpc-web"u8) ? GrpcWebForm.Binary
            : GrpcWebForm.None;
        suffix = form == GrpcWebForm.None ? default : contentType[NameOf(form).Length..];
        return suffix is [] or [(byte)'+' or (byte)';' or (byte)' ' or (byte)',', ..] ? form : GrpcWebForm.None;
    }

    /// <summary>The type that a backend of gRPC is told.</summary>
    public static ReadOnlySpan<byte> ToCall(ReadOnlySpan<byte> contentType, ByteBuilder scratch)
    {
        Read(contentType, out var suffix);
        scratch.Clear();
        scratch.Append("application/grpc"u8);
        scratch.Append(suffix);
        return scratch.Written;
    }

    /// <summary>The type that the client is told, of a type for which <see cref="GrpcRequest.IsGrpcType"/> holds.</summary>
    public static ReadOnlySpan<byte> FromCall(ReadOnlySpan<byte> contentType, GrpcWebForm form, ByteBuilder scratch)
    {
        scratch.Clear();
        scratch.Append(NameOf(form));
        scratch.Append(contentType["application/grpc".Length..]);
        return scratch.Written;
    }

    public static ReadOnlySpan<byte> NameOf(GrpcWebForm form) =>
        form == GrpcWebForm.Text ? "application/grpc-web-text"u8 : "application/grpc-web"u8;

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) =>
        text.Length >= name.Length && Ascii.EqualsIgnoreCase(text[..name.Length], name);
}
