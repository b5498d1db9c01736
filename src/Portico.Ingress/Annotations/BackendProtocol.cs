using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>What is spoken to the backend.</summary>
internal static class BackendProtocol
{
    public static readonly AnnotationDeclaration Protocol = new(
        "nginx.ingress.kubernetes.io/backend-protocol", AnnotationRisk.Low,
        ValueRule.OneOfIgnoringCase("AUTO_HTTP", "HTTP", "HTTPS", "GRPC", "GRPCS", "FCGI"), InvalidValue.UsesDefault, "HTTP",
        "HTTP, HTTPS, GRPC (HTTP/2 without TLS) or GRPCS (HTTP/2 over TLS); the backend's certificate is not verified. AUTO_HTTP follows the "
        + "client's connection, FCGI speaks to a FastCGI application. Without it the appProtocol of the Service port decides.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Protocol];

    /// <returns>Null when nothing is said.</returns>
    public static UpstreamProtocol? Read(AnnotationValues values)
    {
        switch (values.Text(Protocol)?.ToUpperInvariant())
        {
            case "HTTP":
                return UpstreamProtocol.Http;
            case "HTTPS":
                return UpstreamProtocol.Https;
            case "AUTO_HTTP":
                return UpstreamProtocol.AsClient;
            case "GRPC":
                return UpstreamProtocol.Http2;
            case "GRPCS":
                return UpstreamProtocol.Http2Tls;
            case "FCGI":
                return UpstreamProtocol.FastCgi;
            default:
                return null;
        }
    }
}
