using Portico.Http.Messages;
using Portico.Proxy.Answers;

namespace Portico.Proxy.Grpc;

/// <summary>
/// What an answer of the gateway says to a gRPC client, besides its HTTP status: the mapping of gRPC's
/// "HTTP to gRPC Status Code Mapping". The HTTP status stays that of ingress-nginx, which monitors look at; a client that is given a
/// grpc-status has to use it.
/// </summary>
internal static class GrpcStatus
{
    public static ReadOnlySpan<byte> DeadlineExceeded => "4"u8;

    public static ReadOnlySpan<byte> DeadlineExceededMessage => "deadline exceeded"u8;

    /// <summary>A trailers-only answer has these among its headers.</summary>
    public static void Write(in OwnAnswer answer, ReadOnlySpan<byte> contentType, IHeaderWriter writer)
    {
        writer.Add("Content-Type"u8, contentType);
        WriteStatus(in answer, writer);
    }

    public static void WriteStatus(in OwnAnswer answer, IHeaderWriter writer)
    {
        writer.Add("grpc-status"u8, answer.Reason == AnswerReason.GrpcDeadline ? DeadlineExceeded : CodeOf(answer.Status));
        writer.Add("grpc-message"u8, answer.Reason == AnswerReason.GrpcDeadline ? DeadlineExceededMessage : MessageOf(answer.Status));
    }

    /// <summary>INTERNAL, UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED, RESOURCE_EXHAUSTED, UNAVAILABLE; else UNKNOWN.</summary>
    private static ReadOnlySpan<byte> CodeOf(int status) => status switch
    {
        400 => "13"u8,
        401 => "16"u8,
        403 => "7"u8,
        404 => "12"u8,
        413 => "8"u8,
        429 or 502 or 503 or 504 => "14"u8,
        _ => "2"u8,
    };

    private static ReadOnlySpan<byte> MessageOf(int status) => status switch
    {
        400 => "bad request"u8,
        401 => "authentication is required"u8,
        403 => "access is denied"u8,
        404 => "there is no such route"u8,
        413 => "the request is too large"u8,
        429 => "too many requests"u8,
        502 => "the backend failed"u8,
        503 => "the service is unavailable"u8,
        504 => "the backend did not answer in time"u8,
        _ => "the gateway answered by itself"u8,
    };
}
