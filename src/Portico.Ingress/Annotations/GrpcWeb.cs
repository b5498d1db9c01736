using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>gRPC for browsers, which cannot see trailers.</summary>
internal static class GrpcWeb
{
    public static readonly AnnotationDeclaration Translate = new(
        "portico.dev/grpc-web", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Translates gRPC-Web (application/grpc-web and application/grpc-web-text, over HTTP/1.1 or HTTP/2) for backends of gRPC: "
        + "backend-protocol GRPC or GRPCS, or an appProtocol of kubernetes.io/h2c. Other requests pass as they are.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Translate];

    public static bool Read(AnnotationValues values) => values.Boolean(Translate) == true;
}
