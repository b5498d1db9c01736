using System.Text;
using Portico.Http.Messages;

namespace Portico.Proxy.Grpc;

/// <summary>What a request says about itself when it is a gRPC call (gRPC over HTTP/2, "Requests").</summary>
internal static class GrpcRequest
{
    /// <summary><c>application/grpc</c>, with or without a suffix or parameters; not gRPC-Web.</summary>
    public static bool IsGrpc(RequestHead request) =>
        request.Headers.TryGet(HeaderId.ContentType, out var type) && IsGrpcType(type);

    public static bool IsGrpcType(ReadOnlySpan<byte> contentType)
    {
        var name = "application/grpc"u8;
        return contentType.Length >= name.Length && Ascii.EqualsIgnoreCase(contentType[..name.Length], name)
            && (contentType.Length == name.Length || contentType[name.Length] is (byte)'+' or (byte)';' or (byte)' ');
    }

    /// <summary>The deadline that the client gives the call, from now on.</summary>
    /// <returns>False when there is none; one that is malformed counts as none.</returns>
    public static bool TryGetTimeout(RequestHead request, out TimeSpan timeout)
    {
        timeout = default;
        return request.Headers.TryGet("grpc-timeout"u8, out var text) && TryParseTimeout(text, out timeout);
    }

    /// <summary>At most eight digits and a unit: H, M, S, m, u or n.</summary>
    public static bool TryParseTimeout(ReadOnlySpan<byte> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9)
        {
            return false;
        }

        long value = 0;
        foreach (var digit in text[..^1])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        timeout = text[^1] switch
        {
            (byte)'H' => TimeSpan.FromHours(value),
            (byte)'M' => TimeSpan.FromMinutes(value),
            (byte)'S' => TimeSpan.FromSeconds(value),
            (byte)'m' => TimeSpan.FromMilliseconds(value),
            (byte)'u' => TimeSpan.FromMicroseconds(value),
            (byte)'n' => TimeSpan.FromTicks(value / TimeSpan.NanosecondsPerTick),
            _ => TimeSpan.MinValue,
        };
        return timeout >= TimeSpan.Zero;
    }
}
