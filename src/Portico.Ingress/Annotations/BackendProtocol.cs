using System.Collections.Immutable;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>What is spoken to the backend.</summary>
internal static class BackendProtocol
{
    public static readonly AnnotationDeclaration Protocol = new(
        "nginx.ingress.kubernetes.io/backend-protocol", AnnotationRisk.Low,
        ValueRule.OneOfIgnoringCase("AUTO_HTTP", "HTTP", "HTTPS", "GRPC", "GRPCS", "FCGI"), InvalidValue.UsesDefault, "HTTP",
        "HTTP or HTTPS; the backend's certificate is not verified. AUTO_HTTP, GRPC, GRPCS and FCGI are not in effect yet.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Protocol];

    public static UpstreamProtocol Read(AnnotationValues values)
    {
        var protocol = values.Text(Protocol)?.ToUpperInvariant() ?? "HTTP";
        var secure = protocol is "HTTPS" or "GRPCS";
        if (protocol is not ("HTTP" or "HTTPS"))
        {
            values.Warn(Protocol, "AnnotationNotInEffect", $"{protocol} is not in effect yet; {(secure ? "HTTPS" : "HTTP")} is spoken");
        }

        return secure ? UpstreamProtocol.Https : UpstreamProtocol.Http;
    }
}
